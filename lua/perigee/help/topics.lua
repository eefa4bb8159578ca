--- Topics: words that are not names of functions or options, each with a text and an example.

--- Each has its words, a text, an example, in which `x` is an array and `m` a model with `y`, and
--- the names of functions to read next.
---@type { words: string[], text: string, example: string[], see: string[] }[]
return {
  {
    words = { "index", "indexing", "indices", "slice", "slices", "slicing", "subscript" },
    text = "x[...] reads elements, rows and slices of an array, and assigns to them. Positions "
      .. "start at 1, and count from -1 at the end; slices include both ends. A number drops its "
      .. "axis; {first, last} and \"first:last\" keep it; {} and \":\" take the whole axis; a "
      .. "third part is a step, and a negative step reverses. Axes that are left out are taken "
      .. "whole. The result is a view of x, except for masks and lists of positions, which copy.",
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
    words = { "mask", "masks", "boolean_indexing" },
    text = "A mask is a bool array, as the comparisons give: x:gt(0.5). x[mask] copies the "
      .. "elements where it is true, and x[mask] = 0 writes to them. &, | and ~ combine masks.",
    example = {
      "x[x:gt(0.5)]                -- the elements above 0.5",
      "x[x:gt(0.2) & x:lt(0.8)]    -- those between",
      "x[x:lt(0)] = 0              -- writes into x",
    },
    see = { "a:masked", "a:nonzero", "a:argwhere", "a:gt" },
  },
  {
    words = { "view", "views" },
    text = "A view shares its elements with the array that it was made from: writing to one "
      .. "changes the other. Slices, a.T and reshape, where the strides allow it, give views; "
      .. "masks, lists of positions and a:copy() give copies.",
    example = { "x[1]                   -- a view of row 1", "x[1]:copy()            -- a copy" },
    see = { "a:copy", "a:reshape", "a:rows" },
  },
  {
    words = { "@", "matrix_product" },
    text = "The matrix product is a:dot(b), as Lua has no operator @; a * b multiplies elements. "
      .. "a:matmul(b) multiplies stacks of matrices.",
    example = { "x:dot(x.T)" },
    see = { "a:dot", "a:matmul", "a:outer" },
  },
  {
    words = { "newaxis", "np.newaxis" },
    text = "a:expand_dims(axis) adds an axis of length 1, as an index of np.newaxis or None does.",
    example = { "x:expand_dims(1).shape" },
    see = { "a:expand_dims", "a:reshape" },
  },
  {
    words = { "broadcasting", "broadcast" },
    text = "Two arrays of different shapes are compatible if, from the last axis on, their "
      .. "lengths are equal or one of them is 1, which is repeated. Missing axes in front count as "
      .. "1.",
    example = {
      "x - x:mean(1)          -- (n, k) and (k): a mean for each column",
      "x / x:sum(2, true)     -- (n, k) and (n, 1): a sum for each row",
    },
    see = { "a:expand_dims", "a:reshape", "a:sum" },
  },
  {
    words = { "axis", "axes", "dim", "dims", "keepdims" },
    text = "Axes count from 1, and from -1 at the end: axis 1 runs along the rows. A reduction "
      .. "along an axis drops it, unless `{keep = true}` keeps it with the length 1. A list of "
      .. "axes is reduced over all of them: a:sum{1, 3}.",
    example = { "x:sum(1)               -- adds the rows up", "x:sum(-1, true)        -- (n, 1)" },
    see = { "a:sum", "a:mean", "a:argmax" },
  },
  {
    words = { "dtypes", "float32", "float64", "int64", "uint8", "bool", "types" },
    text = "The types of elements have NumPy's names: float64, float32, int8 to int64, uint8 to "
      .. "uint64, bool. Arrays are float64 by default; x.dtype is the type.",
    example = { 'x:astype "float32"', 'pg.zeros(2, 3, "int32").dtype  --> int32' },
    see = { "a:astype", "pg.array", "pg.zeros" },
  },
  {
    words = { "gpu", "cuda", "device", "cpu", "perigee_threads", "speed", "cores" },
    text = "Perigee computes on the CPU, on all cores. The environment variable PERIGEE_THREADS "
      .. "and pg.threads set the number of threads; results have the same bits for any number.",
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
      .. "arrays by name. pg.save writes them. pg.read_csv reads the columns of a CSV file, and "
      .. "pg.write_csv writes them; t:csv writes a table of results as CSV.",
    example = { 'pg.exists "w.npz"' },
    see = { "pg.load", "pg.save", "pg.read_csv", "pg.write_csv", "t:csv" },
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
    text = "hidden = {128, 64} gives a model two hidden layers; the output layer has a unit for "
      .. "each class. `activation` is one name, or one for each hidden layer.",
    example = { 'm.classes' },
    see = { "pg.Model", "m:summary" },
  },
  {
    words = { "adam", "adamw", "sgd", "rmsprop", "adagrad" },
    text = 'optimizer = "adam" selects the rule that updates the weights; each optimizer has its '
      .. "own options.",
    example = { "m.iteration" },
    see = { "m:steps", "pg.Model" },
  },
  {
    words = { "relu", "activations" },
    text = 'activation = "relu" sets the activation of all hidden layers; a list sets one for '
      .. "each. pg.sigmoid and pg.tanh are functions of arrays, too.",
    example = { "pg.sigmoid(0)" },
    see = { "pg.Model", "a:sigmoid", "a:tanh" },
  },
  {
    words = { "epoch", "minibatch", "minibatches", "mini-batch" },
    text = "batch = 128 makes each update from 128 rows, in a new random order in each epoch; "
      .. "epochs = 5 uses all rows five times.",
    example = { "m.iteration" },
    see = { "m:fit", "m:steps" },
  },
  {
    words = { "nan", "inf", "infinity" },
    text = "A training raises for a loss or a weight that is not finite, and names the "
      .. "iteration. a:isnan finds NaN in an array.",
    example = { "x:isnan():sum()" },
    see = { "a:isnan", "m:fit" },
  },
  {
    words = { "memory", "garbage" },
    text = "The garbage collector frees an array's memory when neither the array nor a view of it "
      .. "is reachable; a:free() frees it at once. pg.info().bytes is the memory in use.",
    example = { "pg.info().bytes > 0" },
    see = { "a:free", "pg.info" },
  },
  {
    words = { "grid_search", "grid", "hyperparameters", "hyperparameter", "tuning" },
    text = 'require "perigee.sweep" runs an experiment for each point of a grid, of a list or of '
      .. "random draws, and keeps the results.",
    example = { 'pg.exists "runs"' },
    see = { "sweep.new" },
  },
  {
    words = {
      "distributed", "data_parallel", "parallel", "cluster", "machines", "several_machines",
      "nodes", "mpirun", "mpiexec", "srun", "slurm", "horovod",
    },
    text = "mpirun -n 4 perigee script.lua, or Slurm's srun, starts a script as 4 ranks, on one "
      .. "machine or on several. With `comm`, they train a model together, each on its part of "
      .. "the rows. The trials of a study are handed out to the ranks; its script needs no change.",
    example = {
      'mpi = require "perigee.mpi"                -- which `make mpi` builds',
      "m = pg.Model(x, y, {comm = mpi.world})     -- in the script of all ranks",
    },
    see = { "mpi.rows", "mpi.bcast", "pg.Model", "sweep.new", "pg.threads" },
  },
  {
    words = { "len", "length" },
    text = "#x is the number of rows of an array, x.size the number of elements, x.ndim the number "
      .. "of axes; x.shape has the length of each axis.",
    example = { "#x, x.size, x.shape, x.ndim" },
    see = { "a:reshape" },
  },
  {
    words = { "loss", "losses", "cost" },
    text = "The loss of a model is the mean cross-entropy of its rows. m:fit returns the loss "
      .. "before each update, m:history the losses of all trainings, and m:evaluate the loss of "
      .. "other rows.",
    example = {
      "cost = m:fit{iterations = 10}  -- cost[i] is the loss before update i",
      "loss, accuracy = m:evaluate(x, y)",
    },
    see = { "m:fit", "m:steps", "m:history", "m:evaluate", "pg.cross_entropy" },
  },
  {
    words = { "confusion", "confusion_matrix" },
    text = "m:evaluate returns the confusion matrix after the loss and the accuracy: row i, "
      .. "column j is the number of rows of class i - 1 that were predicted as class j - 1.",
    example = { "loss, accuracy, confusion = m:evaluate(x, y)" },
    see = { "m:evaluate", "m:predict", "pg.plot" },
  },
}
