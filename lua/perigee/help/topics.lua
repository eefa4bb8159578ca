--- Words that are no function's and no option's, and what to know about them.

--- Each: the words by which it is asked for; a text; an example, of which `x` is an array and `m` a
--- model with `y`; and the functions to read on with.
---@type { words: string[], text: string, example: string[], see: string[] }[]
return {
  {
    words = { "index", "indexing", "indices", "slice", "slices", "slicing", "subscript" },
    text = "x[...] reads elements, rows and slices of an array, and assigns to them. Positions "
      .. "start at 1, and count from -1 at the end; slices include both ends. A number drops its "
      .. "axis; {first, last} and \"first:last\" keep it; {} and \":\" are all of it; a third part "
      .. "is a step, and a negative one reverses. Axes that are not written are all. What is read "
      .. "shares its elements with x, but for masks and lists of positions.",
    example = {
      "x[1], x[-1]            -- the first row, and the last",
      "x[{1, 2}]              -- the element in row 1, column 2",
      'x["1:2, :"]            -- rows 1 and 2; also x[{ {1, 2}, {} }]',
      'x["-2:, 1"]            -- column 1 of the last two rows',
      'x["::-1"]              -- the rows, the last one first',
      "x[x:gt(0.5)]           -- the elements above 0.5",
      "x[pg.permutation(#x)]  -- the rows in a random order",
      "x[1] = 0               -- assigns to a whole row",
    },
    see = { "a:rows", "a:cols", "a:get", "a:set", "a:take", "a:masked" },
  },
  {
    words = { "broadcasting", "broadcast" },
    text = "Two arrays whose lengths differ fit each other where, from the last axis on, lengths "
      .. "are equal or one of them is 1, which is repeated. Axes that one of them lacks in front "
      .. "are 1.",
    example = {
      "x - x:mean(1)          -- (n, k) and (k): a mean for each column",
      "x / x:sum(2, true)     -- (n, k) and (n, 1): a sum for each row",
    },
    see = { "a:expand_dims", "a:reshape", "a:sum" },
  },
  {
    words = { "axis", "axes", "dim", "dims" },
    text = "Axes count from 1, and from -1 at the end: axis 1 runs along the rows. A reduction "
      .. "along an axis drops it, unless `true` keeps it with the length 1.",
    example = { "x:sum(1)               -- adds the rows up", "x:sum(-1, true)        -- (n, 1)" },
    see = { "a:sum", "a:mean", "a:argmax" },
  },
  {
    words = { "dtypes", "float32", "float64", "int64", "uint8", "bool", "types" },
    text = "The types of elements have NumPy's names: float64, float32, int8 to int64, uint8 to "
      .. "uint64, bool. Arrays are float64 unless told; x.dtype tells it.",
    example = { 'x:astype "float32"', 'pg.zeros(2, 3, "int32").dtype  --> int32' },
    see = { "a:astype", "pg.array", "pg.zeros" },
  },
  {
    words = { "gpu", "cuda", "device", "cpu", "perigee_threads", "speed", "cores" },
    text = "Perigee computes on the CPU, on all cores. The variable PERIGEE_THREADS or pg.threads "
      .. "say on how many; results are the same bits for any number.",
    example = { "pg.threads()", "pg.info().kernels" },
    see = { "pg.threads", "pg.info" },
  },
  {
    words = { "mnist", "digits", "datasets" },
    text = 'pg.dataset opens "mnist", which `make run` fetches, or "digits", which Perigee draws '
      .. "itself: x_train, y_train, x_test and y_test. Labels are 0 to 9.",
    example = { 'pg.exists "data/mnist.npz"' },
    see = { "pg.dataset", "pg.load" },
  },
  {
    words = { "npz", "npy", "files", "csv", "pickle" },
    text = "pg.load opens NumPy's files: an .npy file is an array, an .npz file an archive of "
      .. "arrays by name. pg.save writes them. Of CSV files there is no reader yet: "
      .. "numpy.savez makes an .npz file of their columns. Tables of results are written as "
      .. "CSV by t:csv.",
    example = { 'pg.exists "w.npz"' },
    see = { "pg.load", "pg.save", "t:csv" },
  },
  {
    words = { "image", "images", "picture", "pictures", "png" },
    text = "pg.show shows arrays as pictures in the terminal, pg.save_png and pg.load_png "
      .. "write and read PNG files, and pg.plot draws curves and grids of numbers.",
    example = { "x.ndim" },
    see = { "pg.show", "pg.save_png", "pg.load_png", "pg.plot" },
  },
  {
    words = { "layer", "layers", "network", "mlp", "neurons" },
    text = "hidden = {128, 64} makes two hidden layers of a model; the last layer has a unit "
      .. "for each class. `activation` is one name, or one for each hidden layer.",
    example = { 'm.classes' },
    see = { "pg.Model", "m:summary" },
  },
  {
    words = { "adam", "sgd", "rmsprop", "adagrad" },
    text = 'optimizer = "adam" says how weights are updated; each optimizer has options of its '
      .. "own.",
    example = { "m.iteration" },
    see = { "m:steps", "pg.Model" },
  },
  {
    words = { "relu", "activations" },
    text = 'activation = "relu" is a model\'s, for all hidden layers or a list of one for each. '
      .. "pg.sigmoid and pg.tanh are functions of arrays, too.",
    example = { "pg.sigmoid(0)" },
    see = { "pg.Model", "a:sigmoid", "a:tanh" },
  },
  {
    words = { "epoch", "minibatch", "minibatches", "mini-batch" },
    text = "batch = 128 has each update use so many rows, in another order in each epoch; "
      .. "epochs = 5 is how often all rows are used.",
    example = { "m.iteration" },
    see = { "m:fit", "m:steps" },
  },
  {
    words = { "nan", "inf", "infinity" },
    text = "A loss or a weight that is not finite raises, with the iteration. a:isnan finds "
      .. "NaN in an array.",
    example = { "x:isnan():sum()" },
    see = { "a:isnan", "m:fit" },
  },
  {
    words = { "memory", "garbage" },
    text = "An array's memory goes with its last view, when the collector finds that nobody "
      .. "has it; a:free() gives it back at once. pg.info().bytes is how much is in use.",
    example = { "pg.info().bytes > 0" },
    see = { "a:free", "pg.info" },
  },
  {
    words = { "grid_search", "grid", "hyperparameters", "hyperparameter", "tuning" },
    text = 'require "perigee.sweep" runs an experiment for each point of a grid, of a list or of '
      .. "random draws, and keeps what comes of it.",
    example = { 'pg.exists "runs"' },
    see = { "sweep.new" },
  },
  {
    words = { "len", "length" },
    text = "#x is how many rows an array has, x.size how many elements; x.shape has the length of "
      .. "each axis, and x.ndim is how many axes there are.",
    example = { "#x, x.size, x.shape, x.ndim" },
    see = { "a:reshape" },
  },
  {
    words = { "loss", "losses", "cost" },
    text = "The loss of a model is the mean cross-entropy of its rows. m:fit returns it for each "
      .. "update, as it was before the update; m:history has those of all trainings, m:evaluate "
      .. "that of other rows.",
    example = {
      "cost = m:fit{iterations = 10}  -- cost[i] is the loss before update i",
      "loss, accuracy = m:evaluate(x, y)",
    },
    see = { "m:fit", "m:steps", "m:history", "m:evaluate", "pg.cross_entropy" },
  },
  {
    words = { "confusion", "confusion_matrix" },
    text = "m:evaluate returns the confusion matrix, behind the loss and the accuracy: row i, "
      .. "column j has how many rows of class i - 1 were taken for class j - 1.",
    example = { "loss, accuracy, confusion = m:evaluate(x, y)" },
    see = { "m:evaluate", "m:predict", "pg.plot" },
  },
}
