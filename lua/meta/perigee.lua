---@meta perigee
-- What the functions made in C do, once: for the editor, and for whatever shows
-- help. Each method of an array is a function of the module, too: `a:exp()` is
-- `pg.exp(a)`. Where an array is expected, a number or nested table serves; of
-- numbers alone, elementwise functions give a number.
--
-- A caller's mistake raises, with shapes, rows and values in the message; only
-- functions that open or save return nil and a message.

---@alias perigee.dtype
---| "float64" | "float32" | "bool"
---| "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64"

---@alias perigee.like perigee.array|number|boolean|table  an array, or what becomes one
---@alias perigee.index integer|string|table  `3`, `"1:10, :"` or `{ {1, 10}, {} }`

--- A view of numbers: rank 0 to 8, row-major when new; views share their elements.
---
--- Positions start at 1 and count from -1 at the end; slices include both ends; nothing is
--- clamped. `a[i]`, `a["-5:, 3"]`, `a[{ {1, 10}, {} }]` read, and write when assigned to. An
--- index that names one element gives a number; `a[mask]` and `a[positions]`, with an array of
--- bool or of integers, read a copy of those rows and write to them; reading `a[#a + 1]` gives nil.
---
--- `+ - * / // % ^` and unary `-` go element by element and broadcast; `& | ~` are for bool and
--- integers; `==` is identity, and `<` raises: see `lt`. Dtypes promote as NumPy's (NEP 50).
---@class perigee.array
---@field shape integer[]  the lengths of its axes
---@field dtype perigee.dtype
---@field ndim integer  the number of axes
---@field size integer  the number of elements
---@field T perigee.array  a view with the axes in reverse order
---@operator add(perigee.like): perigee.array
---@operator sub(perigee.like): perigee.array
---@operator mul(perigee.like): perigee.array
---@operator div(perigee.like): perigee.array
---@operator idiv(perigee.like): perigee.array
---@operator mod(perigee.like): perigee.array
---@operator pow(perigee.like): perigee.array
---@operator band(perigee.like): perigee.array
---@operator bor(perigee.like): perigee.array
---@operator bxor(perigee.like): perigee.array
---@operator unm: perigee.array
---@operator bnot: perigee.array
---@operator len: integer
local array = {}

-- --- views and copies --------------------------------------------------------

--- The same elements under another shape, in row-major order.
--- One length may be -1, and is found. A view where strides allow it, else a copy. Raises where
--- the sizes differ.
---@param ... integer|integer[]  lengths, or one table of them
---@return perigee.array
function array:reshape(...) end

--- A view with the axes in another order: `a:transpose(2, 1)`; reversed without any.
--- Raises unless each axis is named once.
---@param ... integer  axes
---@return perigee.array
function array:transpose(...) end

--- A view with two axes swapped.
---@param i integer
---@param j integer
---@return perigee.array
function array:swapaxes(i, j) end

--- A view without an axis of length 1, or without all such axes. Raises for a longer axis.
---@param axis? integer
---@return perigee.array
function array:squeeze(axis) end

--- A view with an axis of length 1 more, which is then at `axis`; -1 puts it last.
---@param axis integer
---@return perigee.array
function array:expand_dims(axis) end

--- A view in reverse order along an axis, or along all axes.
---@param axis? integer
---@return perigee.array
function array:flip(axis) end

--- A copy in another dtype.
--- Floats go toward zero, integers wrap, anything but 0 is true.
---@param dtype perigee.dtype
---@return perigee.array
function array:astype(dtype) end

--- A copy, C-contiguous, that shares nothing.
---@return perigee.array
function array:copy() end

--- The CRC-32 of dtype, shape and elements: the same for every view of the same numbers.
---@return integer
function array:checksum() end

--- Nested tables of the elements; of rank 0, the element.
---@return table|number|boolean
function array:tolist() end

--- The element of an array that has just one. Raises for any other size.
---@return number|boolean
function array:item() end

--- Gives this handle's memory back at once; the elements go with their last view.
--- A freed array raises when it is used.
function array:free() end

-- --- elements ------------------------------------------------------------------

--- The element, or the view, at these positions, one for each axis from the first.
---@param ... integer
---@return number|boolean|perigee.array
function array:get(...) end

--- Writes a value at these positions, and returns the array.
---@param ... any  positions, then the value: a number, a boolean, or an array that broadcasts
---@return perigee.array
function array:set(...) end

--- A view of rows `first` to `last`, both included; `last` is `first` unless given.
---@param first integer
---@param last? integer
---@return perigee.array
function array:rows(first, last) end

--- A view of columns `first` to `last` (of the second axis), both included.
---@param first integer
---@param last? integer
---@return perigee.array
function array:cols(first, last) end

--- The elements at these positions along an axis, as a new array.
--- Positions may repeat, count from -1 at the end, and have any shape, which takes the axis's
--- place. Raises for a position beyond the ends.
---@param positions perigee.like  integers
---@param axis? integer  1 unless given
---@return perigee.array
function array:take(positions, axis) end

--- The parts of the array where the mask is true, as a new array: `a[mask]` is the same.
--- A mask has the lengths of the first axes; what it picks are the parts behind them, in
--- row-major order. `a[mask] = value` writes there. Raises where the shapes do not fit.
---@param mask perigee.like  bool
---@return perigee.array
function array:masked(mask) end

-- --- elementwise -----------------------------------------------------------------

--- Whether each element is greater: a bool array. Also written `pg.gt(a, b)`.
---@param b perigee.like
---@return perigee.array
function array:gt(b) end

--- Whether each element is greater or equal: a bool array.
---@param b perigee.like
---@return perigee.array
function array:ge(b) end

--- Whether each element is less: a bool array.
---@param b perigee.like
---@return perigee.array
function array:lt(b) end

--- Whether each element is less or equal: a bool array.
---@param b perigee.like
---@return perigee.array
function array:le(b) end

--- Whether each element is equal: a bool array (`==` is identity).
---@param b perigee.like
---@return perigee.array
function array:eq(b) end

--- Whether each element differs: a bool array.
---@param b perigee.like
---@return perigee.array
function array:ne(b) end

--- The smaller of each pair of elements; NaN where either is.
---@param b perigee.like
---@return perigee.array
function array:minimum(b) end

--- The greater of each pair of elements; NaN where either is.
---@param b perigee.like
---@return perigee.array
function array:maximum(b) end

--- Each element's distance from 0. The least signed integer wraps to itself.
---@return perigee.array
function array:abs() end

--- e to each element. Integers give float64; within 1 ulp.
---@return perigee.array
function array:exp() end

--- The natural logarithm. Integers give float64; of 0 it is -inf, below 0 NaN.
---@return perigee.array
function array:log() end

--- The square root. Integers give float64; below 0 it is NaN.
---@return perigee.array
function array:sqrt() end

--- The hyperbolic tangent. Integers give float64.
---@return perigee.array
function array:tanh() end

--- The logistic function 1 / (1 + exp(-x)). Integers give float64.
---@return perigee.array
function array:sigmoid() end

--- exp(x - max) / sum along an axis, the last unless given. Integers give float64.
---@param axis? integer
---@return perigee.array
function array:softmax(axis) end

--- The greatest integer that is not greater. Integers stay as they are.
---@return perigee.array
function array:floor() end

--- The least integer that is not less. Integers stay as they are.
---@return perigee.array
function array:ceil() end

--- The nearest number with so many decimals, halves to the even one. Integers stay integers.
---@param decimals? integer  0 unless given; below 0 rounds before the point
---@return perigee.array
function array:round(decimals) end

--- Whether each element is NaN: a bool array.
---@return perigee.array
function array:isnan() end

--- Each element, but at least `low` and at most `high`; either may be nil.
---@param low? perigee.like
---@param high? perigee.like
---@return perigee.array
function array:clip(low, high) end

--- Whether |a - b| <= atol + rtol |b| everywhere; NaN is close to nothing.
---@param b perigee.like
---@param rtol? number  1e-5 unless given
---@param atol? number  1e-8 unless given
---@return boolean
function array:allclose(b, rtol, atol) end

-- --- in place ----------------------------------------------------------------------

--- Adds b, which broadcasts, into the array, and returns it.
--- Raises where the sum's kind of dtype does not go into the array's.
---@param b perigee.like
---@return perigee.array
function array:add_(b) end

--- Subtracts b from the array in place, and returns it. See `add_`.
---@param b perigee.like
---@return perigee.array
function array:sub_(b) end

--- Multiplies the array by b in place, and returns it. See `add_`.
---@param b perigee.like
---@return perigee.array
function array:mul_(b) end

--- Divides a floating array by b in place, and returns it. See `add_`.
---@param b perigee.like
---@return perigee.array
function array:div_(b) end

--- Sets every element, and returns the array.
--- Raises for a number that the dtype does not hold.
---@param value number|boolean
---@return perigee.array
function array:fill_(value) end

--- Adds alpha * x, which broadcasts, into a floating array, and returns it.
---@param alpha number
---@param x perigee.like
---@return perigee.array
function array:axpy_(alpha, x) end

-- --- reductions and products ----------------------------------------------------------

--- The sum, of everything (a number) or along an axis.
--- bool and signed integers give int64, unsigned uint64; floats their own dtype, added pairwise
--- in float64 (Higham, "The accuracy of floating point summation", 1993).
---@param axis? integer  from 1, or from -1 at the end
---@param keep? boolean  leave the axis, with length 1
---@return number|perigee.array
function array:sum(axis, keep) end

--- The mean. Integers give float64; of no elements it is NaN.
---@param axis? integer
---@param keep? boolean
---@return number|perigee.array
function array:mean(axis, keep) end

--- The population's standard deviation, sqrt(mean((a - mean)^2)). Integers give float64.
---@param axis? integer
---@param keep? boolean
---@return number|perigee.array
function array:std(axis, keep) end

--- The population's variance, mean((a - mean)^2). Integers give float64.
---@param axis? integer
---@param keep? boolean
---@return number|perigee.array
function array:var(axis, keep) end

--- The Euclidean length sqrt(sum(a^2)), of everything or along an axis. Integers give float64.
---@param axis? integer
---@param keep? boolean
---@return number|perigee.array
function array:norm(axis, keep) end

--- Whether any element is not 0 (NaN is not); of no elements false.
---@param axis? integer
---@param keep? boolean
---@return boolean|perigee.array
function array:any(axis, keep) end

--- Whether all elements are not 0; of no elements true.
---@param axis? integer
---@param keep? boolean
---@return boolean|perigee.array
function array:all(axis, keep) end

--- The least element; NaN where there is one. Raises for no elements.
---@param axis? integer
---@param keep? boolean
---@return number|boolean|perigee.array
function array:min(axis, keep) end

--- The greatest element; NaN where there is one. Raises for no elements.
---@param axis? integer
---@param keep? boolean
---@return number|boolean|perigee.array
function array:max(axis, keep) end

--- The position (from 1) of the least element, or of the first NaN: int64. See `argmax`.
---@param axis? integer
---@param keep? boolean
---@return integer|perigee.array
function array:argmin(axis, keep) end

--- The position (from 1) of the greatest element, or of the first NaN: int64.
--- Without an axis it is the position in row-major order. Raises for no elements.
---@param axis? integer
---@param keep? boolean
---@return integer|perigee.array
function array:argmax(axis, keep) end

--- Running sums along an axis; without one, of all elements in row-major order.
--- Floats are added in float64 and keep their dtype; other dtypes give those of `sum`.
---@param axis? integer
---@return perigee.array
function array:cumsum(axis) end

--- A copy in ascending order along an axis, the last unless given; NaN comes last.
---@param axis? integer
---@return perigee.array
function array:sort(axis) end

--- The positions (int64) that would sort an axis, the last unless given.
--- Of equal elements the first comes first; NaN comes last.
---@param axis? integer
---@return perigee.array
function array:argsort(axis) end

--- The different elements in ascending order, of rank 1; one NaN at most, at the end.
---@return perigee.array
function array:unique() end

--- The products a[i] b[j] of all elements of both, in row-major order: a matrix.
---@param b perigee.like
---@return perigee.array
function array:outer(b) end

--- The matrix product: (m, k) times (k, n) gives (m, n); a vector's axis falls away.
--- Two vectors give a number. Raises where the inner lengths differ, naming both shapes.
---@param b perigee.like  rank 1 or 2
---@return perigee.array|number
function array:dot(b) end

-- --- files -------------------------------------------------------------------------------

--- An NPZ file, open: `archive.x_train` decodes that array when it is first used.
--- An absent name reads nil; a member that is damaged or refused raises. Arrays outlive it.
---@class perigee.archive
---@field [string] perigee.array?
local archive = {}

--- The names of its arrays, in the file's order.
---@return string[]
function archive:keys() end

--- The array of that name, also where a method has the same; nil where there is none.
---@param name string
---@return perigee.array?
function archive:get(name) end

--- The CRC-32 of a member, as the file's directory has it: nothing is decoded. The same arrays,
--- saved again, have the same.
---@param name string
---@return integer?  # nil where there is no such array
function archive:checksum(name) end

--- The path that it was opened by.
---@return string
function archive:path() end

--- Closes the file; `local data <close> = ...` does so by itself.
function archive:close() end

-- --- random numbers -------------------------------------------------------------------------

--- A generator of its own: MT19937, drawing what numpy.random of the same seed draws.
---@class perigee.random
local random = {}

--- Starts the sequence anew, as numpy.random.seed; without a seed, from the system.
---@param seed? integer  0 .. 2^32 - 1
function random:seed(seed) end

--- Uniform float64 numbers in [0, 1), of that shape; without one, a number.
---@param ... integer|integer[]
---@return perigee.array|number
function random:rand(...) end

--- Standard normal float64 numbers, by Marsaglia's polar method; without a shape, a number.
---@param ... integer|integer[]
---@return perigee.array|number
function random:randn(...) end

--- Uniform float64 numbers in [low, high), of that shape; without one, a number.
---@param low? number  0 unless given
---@param high? number  1 unless given
---@param ... integer|integer[]
---@return perigee.array|number
function random:uniform(low, high, ...) end

--- Normal float64 numbers, of that shape; without one, a number.
---@param mean? number  0 unless given
---@param std? number  1 unless given, 0 or more
---@param ... integer|integer[]
---@return perigee.array|number
function random:normal(mean, std, ...) end

--- Integers from low to high - 1, as numpy.random.randint: int64; without a shape, a number.
--- Raises where low is not below high.
---@param low integer
---@param high integer
---@param ... integer|integer[]
---@return perigee.array|integer
function random:randint(low, high, ...) end

--- Puts the rows of an array into random order, in place, and returns it.
--- The order is that of numpy.random.shuffle.
---@param a perigee.array
---@return perigee.array
function random:shuffle(a) end

--- Random rows of an array, or positions 1 .. n: numpy.random.choice.
--- Raises where there are not enough, or where p does not add up to 1.
---@param a perigee.like|integer  an array, or the number of positions
---@param size? integer|integer[]  how many, or a shape; without it, one
---@param replace? boolean  true unless given: one may come more than once
---@param p? perigee.like  the rows' probabilities; all alike without them
---@return perigee.array|number
function random:choice(a, size, replace, p) end

--- The positions 1 .. n in random order, int64: numpy.random.permutation(n) + 1.
---@param n integer
---@return perigee.array
function random:permutation(n) end

--- All that the generator goes on from, as an array that can be saved: uint32 (628).
--- MT19937's 624 words, the position among them, whether a normal waits, and its 64 bits.
---@return perigee.array
function random:get_state() end

--- Goes on from where the generator was that `get_state` was asked of.
--- Raises for what is no such state.
---@param state perigee.array  uint32 (628)
function random:set_state(state) end

-- --- the module ---------------------------------------------------------------------------------

---@class perigee.Model.class
---@field load fun(path: string, x?: perigee.like, y?: perigee.like): perigee.Model?, string?
---@overload fun(x: perigee.like, y: perigee.like, options?: table): perigee.Model

---@class perigee
---@field _VERSION string
---@field Model perigee.Model.class
---@field dataset fun(name: string): perigee.archive?, string?
---@field progress fun(n: integer, title?: string): fun(): integer?
---@field plot fun(options: perigee.like|table): true?, string?
---@field show fun(a: perigee.like, options?: table)
---@field save_png fun(path: string, a: perigee.like, options?: table): true?, string?
---@field help fun(what?: string|function)
local pg = {}

--- An array from a number, boolean or nested table, or a copy of an array.
--- Numbers are float64 and booleans bool unless told. Raises for rows of different lengths.
---@param value perigee.like
---@param dtype? perigee.dtype
---@return perigee.array
function pg.array(value, dtype) end

--- The same as `array`, insisting on rank 2.
---@param value perigee.like
---@param dtype? perigee.dtype
---@return perigee.array
function pg.matrix(value, dtype) end

--- Zeros: `zeros(2, 3)`, `zeros({2, 3}, "float32")`.
---@param ... integer|integer[]|perigee.dtype  lengths, then a dtype (float64 unless given)
---@return perigee.array
function pg.zeros(...) end

--- Ones. See `zeros`.
---@param ... integer|integer[]|perigee.dtype
---@return perigee.array
function pg.ones(...) end

--- One value throughout: `full({2, 3}, 7)`. float64, or bool for a boolean, unless told.
---@param shape integer[]
---@param value number|boolean
---@param dtype? perigee.dtype
---@return perigee.array
function pg.full(shape, value, dtype) end

--- The n by n matrix with ones on its diagonal.
---@param n integer
---@param dtype? perigee.dtype
---@return perigee.array
function pg.eye(n, dtype) end

--- The numbers first, first + step, ... up to last, both ends included, as in Lua's `for`.
--- int64 where all are integers, else float64.
---@param first number
---@param last number
---@param step? number  1 unless given, not 0
---@return perigee.array
function pg.range(first, last, step) end

--- n float64 numbers from first to last, both included, at equal distances.
---@param first number
---@param last number
---@param n integer
---@return perigee.array
function pg.linspace(first, last, n) end

--- A matrix (n, classes) with a one where each label says.
--- Raises for a label outside 0 .. classes - 1, naming row, value and range.
---@param labels perigee.like  (n) class numbers from 0
---@param classes integer
---@param dtype? perigee.dtype  float64 unless given
---@return perigee.array
function pg.onehot(labels, classes, dtype) end

--- The most likely label of each row of (n, classes): class numbers from 0, int64 (n).
---@param p perigee.like
---@return perigee.array
function pg.labels(p) end

--- The arrays one after the other along an axis, in the dtype that holds all of theirs.
--- Raises where their other lengths differ.
---@param arrays perigee.like[]
---@param axis? integer  1 unless given
---@return perigee.array
function pg.concat(arrays, axis) end

--- The arrays one behind the other along a new axis, the first unless given.
--- Raises where their shapes differ.
---@param arrays perigee.like[]
---@param axis? integer
---@return perigee.array
function pg.stack(arrays, axis) end

--- How many elements lie in each bin, and the bins' edges, as numpy.histogram.
--- A bin holds its lower edge, the last one both. Without ends, the bins go from the least to
--- the greatest element. Raises for edges that do not increase, or are not finite.
---@param a perigee.like
---@param bins? integer|perigee.like  how many (10), or their edges
---@param ends? number[]  {low, high}: what lies outside is not counted
---@return perigee.array counts  int64
---@return perigee.array edges  float64, one more
function pg.histogram(a, bins, ends) end

--- Each element from a where the mask holds, else from b; all three broadcast.
---@param mask perigee.array  bool
---@param a perigee.like
---@param b perigee.like
---@return perigee.array
function pg.where(mask, a, b) end

--- Opens an NPZ archive, or reads an NPY array, as the file's first bytes say.
--- Nothing in the file is believed before it is checked.
---@param path string
---@return perigee.archive|perigee.array|nil
---@return string?  # what went wrong, where nil comes first
function pg.load(path) end

--- Writes an array to `.npy`, or a table of named arrays to `.npz`: whole or not at all.
---@param path string  its ending says which
---@param value perigee.like|table<string, perigee.like>
---@param options? { compress: boolean }  deflate the members of an .npz
---@return true?
---@return string?  # what went wrong, where nil comes first
function pg.save(path, value, options) end

--- Reads a PNG file: uint8, (height, width) where it is grey, else (height, width, samples).
--- Samples are grey and alpha, red, green and blue, or those and alpha: 2, 3 or 4. Palettes and
--- fewer bits are widened to 0 .. 255, 16 bits rounded to 8 (interlaced ones are refused); a file
--- made for another gamma than a screen's is converted. Nothing in the file is believed before it
--- is checked.
---@param path string
---@return perigee.array?
---@return string?  # what went wrong, where nil comes first
function pg.load_png(path) end

--- Writes a file of any text: whole or not at all.
---@param path string
---@param text string
---@return true?
---@return string?  # what went wrong, where nil comes first
function pg.write(path, text) end

--- A generator of its own with this seed, or one from the system.
---@param seed? integer  0 .. 2^32 - 1
---@return perigee.random
function pg.random(seed) end

--- Seeds the module's own generator. See `perigee.random`.
---@param seed? integer
function pg.seed(seed) end

--- Uniform numbers from the module's own generator. See `perigee.random`.
---@param ... integer|integer[]
---@return perigee.array|number
function pg.rand(...) end

--- Standard normal numbers from the module's own generator. See `perigee.random`.
---@param ... integer|integer[]
---@return perigee.array|number
function pg.randn(...) end

--- Uniform float64 numbers in [low, high), of that shape; without one, a number.
---@param low? number  0 unless given
---@param high? number  1 unless given
---@param ... integer|integer[]
---@return perigee.array|number
function pg.uniform(low, high, ...) end

--- Normal float64 numbers, of that shape; without one, a number.
---@param mean? number  0 unless given
---@param std? number  1 unless given, 0 or more
---@param ... integer|integer[]
---@return perigee.array|number
function pg.normal(mean, std, ...) end

--- Integers from low to high - 1, as numpy.random.randint: int64; without a shape, a number.
--- Raises where low is not below high.
---@param low integer
---@param high integer
---@param ... integer|integer[]
---@return perigee.array|integer
function pg.randint(low, high, ...) end

--- Puts the rows of an array into random order, in place, and returns it.
--- The order is that of numpy.random.shuffle.
---@param a perigee.array
---@return perigee.array
function pg.shuffle(a) end

--- Random rows of an array, or positions 1 .. n: numpy.random.choice.
--- Raises where there are not enough, or where p does not add up to 1.
---@param a perigee.like|integer  an array, or the number of positions
---@param size? integer|integer[]  how many, or a shape; without it, one
---@param replace? boolean  true unless given: one may come more than once
---@param p? perigee.like  the rows' probabilities; all alike without them
---@return perigee.array|number
function pg.choice(a, size, replace, p) end

--- The positions 1 .. n in random order, by the module's own generator.
---@param n integer
---@return perigee.array
function pg.permutation(n) end

--- All that the module's own generator goes on from: numpy.random.get_state.
---@return perigee.array  # uint32 (628), as a generator's `get_state` gives it
function pg.get_state() end

--- The module's own generator goes on from where it, or another, was.
--- Raises for what is no such state.
---@param state perigee.array  uint32 (628)
function pg.set_state(state) end

--- Weights as the notebook draws them: W_l normal times sqrt(1 / inputs of l), b_l zero.
--- The table says its `activation`, too, for `forward` and `gradient`, if that is named.
---@param x perigee.array  (n, inputs): only its width and dtype are asked for
---@param hidden integer|integer[]  units of the hidden layer, or of several
---@param options? table  activation = "sigmoid" ("tanh", "relu", or a list of one for each
---   hidden layer), classes = 10, dtype = x's if that is floating (else float64), random = the
---   module's generator
---@return table<string, perigee.array>  # W1 (hidden, inputs), b1 (1, hidden), W2, b2, ...
function pg.initialization(x, hidden, options) end

--- The layers' outputs: A_l = sigmoid(A_(l-1) W_l^T + b_l), the last by softmax.
--- Where the weights say another `activation`, that takes the sigmoid's place.
---@param x perigee.like  (n, inputs)
---@param weights table<string, perigee.array>  and activation: a name, or a list of them
---@param out? table<string, perigee.array>  what an earlier call returned: arrays that fit are
---   written to, others are put there
---@return table<string, perigee.array>  # A1 (n, hidden), A2 (n, classes), ...; out, if given
function pg.forward(x, weights, out) end

--- The gradients of the mean cross-entropy by every weight.
---@param x perigee.like  (n, inputs)
---@param y perigee.like  (n, classes) one-hot, or (n) labels
---@param activations table<string, perigee.array>  from `forward`
---@param weights table<string, perigee.array>
---@param out? table<string, perigee.array>  what an earlier call returned, as in `forward`
---@return table<string, perigee.array>  # dW1, db1, ... of the weights' shapes; out, if given
function pg.gradient(x, y, activations, weights, out) end

--- One step of gradient descent, in place: W = W - rate * dW. Returns the weights.
---@param weights table<string, perigee.array>
---@param gradients table<string, perigee.array>
---@param rate number
---@return table<string, perigee.array>
function pg.update(weights, gradients, rate) end

--- The mean cross-entropy -sum(y log(A + 1e-9)) / n.
---@param activations table<string, perigee.array>|perigee.array  or the last of them
---@param y perigee.like  (n, classes) one-hot, or (n) labels
---@return number
function pg.cross_entropy(activations, y) end

--- The part of labels that agree: 0 .. 1. Raises where the shapes differ.
---@param y_true perigee.like
---@param y_pred perigee.like
---@return number
function pg.accuracy(y_true, y_pred) end

--- The number of threads that work; with n, sets it, and returns what it was.
--- Results do not depend on it.
---@param n? integer  1 .. 1024; more than there are cores is allowed
---@return integer
function pg.threads(n) end

--- What runs underneath: version, blas, kernels, threads, and the live bytes of arrays.
---@return { version: string, blas: string, kernels: string, threads: integer, bytes: integer }
function pg.info() end

return pg
