-- An autoencoder: 784 pixels through 16 numbers, and back. Its pictures go to autoencoder.png.
--
--   build/perigee examples/autoencoder.lua code=16 epochs=5 data=mnist picture=autoencoder.png
--
-- In each pair of rows the upper one has digits of the test set, the lower one what came back.

local pg = require "perigee"
local options = require "perigee.options"

local o = options.read(arg, {
  code = 16, hidden = 128, epochs = 5, batch = 128, rate = 0.003, data = "mnist", seed = 0,
  picture = "autoencoder.png",
})

local data <close> = pg.dataset(o.data)
local inputs = data.x_train[1].size

local function encode(w, x)
  return (x:flatten(2):dot(w.W1) + w.b1):relu():dot(w.W2) + w.b2 -- (n, code)
end

local function decode(w, code)
  return ((code:dot(w.W3) + w.b3):relu():dot(w.W4) + w.b4):sigmoid() -- (n, inputs)
end

local function forward(w, x)
  return decode(w, encode(w, x))
end

--- The mean squared error of pixels from 0 to 1.
local function loss(pixels, y)
  return ((pixels - y:flatten(2) / 255) ^ 2):mean()
end

pg.seed(o.seed)
local weights, widths = {}, { inputs, o.hidden, o.code, o.hidden, inputs }
for i = 1, 4 do
  local n, m = widths[i], widths[i + 1]
  weights["W" .. i], weights["b" .. i] = pg.randn(n, m) * n ^ -0.5, pg.zeros(m)
end

local model = pg.Model(data.x_train, data.x_train, {
  forward = forward, weights = weights, loss = loss, dtype = "float32", scale = 1 / 255,
  seed = o.seed,
})
model:fit {
  epochs = o.epochs, batch = o.batch, optimizer = "adam", rate = o.rate, schedule = "cosine",
  progress = true,
}
print(("%d numbers for %d pixels: mean squared error %.4f"):format(o.code, inputs,
  (model:evaluate(data.x_test, data.x_test))))

local shown = data.x_test:rows(1, 40)
local back = (model:predict(shown) * 255):astype("uint8"):reshape(table.unpack(shown.shape))
local rows = {}
for first = 1, 40, 10 do
  rows[#rows + 1] = shown:rows(first, first + 9)
  rows[#rows + 1] = back:rows(first, first + 9)
end
pg.save_png(o.picture, pg.concat(rows), { columns = 10, scale = 2 })
print("the pictures are in " .. o.picture)
