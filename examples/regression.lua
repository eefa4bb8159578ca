-- Regression: real targets, the mean squared error and R², beside least squares.
--
--   build/perigee examples/regression.lua rows=2000 hidden=32 epochs=200 seed=0
--
-- The data are Friedman's: five of ten columns matter, two of them as a product (J. Friedman,
-- "Multivariate adaptive regression splines", 1991).

local pg = require "perigee"
local options = require "perigee.options"

local o = options.read(arg, {
  rows = 2000, noise = 1.0, hidden = 32, epochs = 200, batch = 32, rate = 0.01, seed = 0,
})

pg.seed(o.seed)
local x = pg.rand(o.rows, 10)
local c = x.T -- c[1]: the first column
local y = 10 * (math.pi * c[1] * c[2]):sin() + 20 * (c[3] - 0.5) ^ 2 + 10 * c[4] + 5 * c[5]
  + o.noise * pg.randn(o.rows)
local x_train, x_test, y_train, y_test = pg.split(x, y, { test = 0.25, seed = o.seed })

local function forward(w, rows) -- a straight line, and what a hidden layer adds to it
  local hidden = (rows:dot(w.W1) + w.b1):gelu()
  return rows:dot(w.line) + hidden:dot(w.W2) + w.b2
end

local h = o.hidden
local weights = {
  W1 = pg.randn(10, h) * 10 ^ -0.5, b1 = pg.zeros(h),
  W2 = pg.randn(h, 1) * h ^ -0.5, b2 = pg.zeros(1), line = pg.zeros(10, 1),
}

local model = pg.Model(x_train, y_train, {
  forward = forward, weights = weights, loss = "mse", seed = o.seed,
})
model:fit {
  epochs = o.epochs, batch = o.batch, optimizer = "adam", rate = o.rate, schedule = "cosine",
}

--- The columns of x, and one of ones.
local function design(rows)
  return pg.concat({ rows, pg.ones(#rows, 1) }, 2)
end

local line = pg.lstsq(design(x_train), y_train)
local residuals = y_test - design(x_test):dot(line)
local line_r2 = 1 - (residuals ^ 2):sum() / ((y_test - y_test:mean()) ^ 2):sum()

print(model:summary())
local mse, r2 = model:evaluate(x_test, y_test)
print(("least squares  R² %.4f"):format(line_r2))
print(("test           R² %.4f, mean squared error %.3f (the noise's is %.3f)"):format(r2, mse,
  o.noise ^ 2))
print("predicted", model:predict(x_test:rows(1, 4)))
print("true     ", y_test:rows(1, 4))
