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
