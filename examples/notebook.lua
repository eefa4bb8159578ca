-- The notebook, line for line, kernel by kernel.
--
--   build/perigee examples/notebook.lua iterations=100 hidden=100 rate=0.1

local pg = require "perigee"
local options = require "perigee.options"

local o = options.read(arg, {
  iterations = 1000, hidden = 100, rate = 0.1, data = "mnist", dtype = "float64", seed = 0,
})

-- data = np.load("mnist.npz")
local data <close> = pg.dataset(o.data)

-- x_train = (x_train / 255.0).reshape(-1, 28*28)
local x_train = (data.x_train:astype(o.dtype) / 255):reshape(-1, 28 * 28)
local x_test = (data.x_test:astype(o.dtype) / 255):reshape(-1, 28 * 28)

-- y_train_onehot = np.eye(10)[y_train]
local y_train = pg.onehot(data.y_train, 10, o.dtype)

-- weights = initialization(X, hidden)
pg.seed(o.seed)
local weights = pg.initialization(x_train, o.hidden)

-- for _ in tqdm(range(n_iter)):
local loss
for _ in pg.progress(o.iterations) do
  local activations = pg.forward(x_train, weights)
  local gradients = pg.gradient(x_train, y_train, activations, weights)
  weights = pg.update(weights, gradients, o.rate)
  loss = pg.cross_entropy(activations, y_train)
end

-- np.argmax(activations["A2"], axis=1) == y
local predicted = pg.labels(pg.forward(x_test, weights).A2)
local accuracy = pg.accuracy(data.y_test, predicted)

if loss then
  print(string.format("Loss          : %.6f", loss))
end
print(string.format("Test accuracy : %.2f%%", accuracy * 100))
