---@meta perigee
-- What the functions made in C do, once: for the editor, and for whatever shows
-- help. Each method of an array is a function of the module, too: `a:exp()` is
-- `pg.exp(a)`. Where an array is expected, a number or nested table serves; of
-- numbers alone, elementwise functions give a number.
--
-- Whatever fails raises, with shapes, rows and values in the message, or the
-- file and the member: a caller's mistake, and a file that cannot be opened or
-- saved.

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
--- Text that is neither a name nor such an index raises.
---
--- Elements of integer dtypes read as Lua's integers, which end below 2^63: an element of uint64
--- from there on reads as a float, rounded, as does a sum or a greatest element. Printed, it has
--- all digits.
---
--- A shape is a list of one's own that prints as `(60000, 784)`, is equal to another of the same
--- lengths, and counts from -1 at its end, too.
---
--- `+ - * / // % ^` and unary `-` go element by element and broadcast; `& | ~` are for bool and
--- integers; `==` is identity, and `<` raises: see `lt`. Dtypes promote as NumPy's (NEP 50).
---@class perigee.array
---@field shape integer[]  the lengths of its axes
---@field dtype perigee.dtype  the type of its elements, by NumPy's name
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
---
---     pg.range(1, 6):reshape(2, 3)
---     --> [[1, 2, 3],
---     -->  [4, 5, 6]] int64 (2, 3)
---     pg.zeros(60, 28, 28):reshape(-1, 784).shape  --> (60, 784)
---@param ... integer|integer[]  lengths, or one table of them
---@return perigee.array
function array:reshape(...) end

--- A view with the axes in another order: `a:transpose(2, 1)`; reversed without any.
--- Raises unless each axis is named once.
---
---     pg.zeros(2, 3, 4):transpose(3, 1, 2).shape  --> (4, 2, 3)
---     pg.array{{1, 2, 3}, {4, 5, 6}}:transpose()
---     --> [[1., 4.],
---     -->  [2., 5.],
---     -->  [3., 6.]] float64 (3, 2)
---@param ... integer  axes
---@return perigee.array
function array:transpose(...) end

--- A view with two axes swapped.
---
---     pg.zeros(2, 3, 4):swapaxes(1, -1).shape  --> (4, 3, 2)
---@param i integer
---@param j integer
---@return perigee.array
function array:swapaxes(i, j) end

--- A view without an axis of length 1, or without all such axes. Raises for a longer axis.
---
---     pg.zeros(1, 3, 1):squeeze().shape  --> (3,)
---     pg.zeros(1, 3, 1):squeeze(1).shape  --> (3, 1)
---@param axis? integer
---@return perigee.array
function array:squeeze(axis) end

--- A view with an axis of length 1 more, which is then at `axis`; -1 puts it last.
---
---     pg.zeros(3, 4):expand_dims(1).shape  --> (1, 3, 4)
---     pg.zeros(3, 4):expand_dims(-1).shape  --> (3, 4, 1)
---@param axis integer
---@return perigee.array
function array:expand_dims(axis) end

--- A view in reverse order along an axis, or along all axes.
---
---     pg.array{{1, 2}, {3, 4}}:flip(1)
---     --> [[3., 4.],
---     -->  [1., 2.]] float64 (2, 2)
---@param axis? integer
---@return perigee.array
function array:flip(axis) end

--- A copy in another dtype.
--- Floats go toward zero, integers wrap, anything but 0 is true.
---
---     pg.array{-1.7, 0, 2.9}:astype "int32"  --> [-1,  0,  2] int32 (3,)
---     pg.array{-1.7, 0, 2.9}:astype "bool"  --> [ true, false,  true] bool (3,)
---@param dtype perigee.dtype
---@return perigee.array
function array:astype(dtype) end

--- A copy, C-contiguous, that shares nothing.
---
---     a = pg.array{1, 2, 3}
---     b = a:copy():fill_(0)
---     a, b  --> [1., 2., 3.] float64 (3,)  [0., 0., 0.] float64 (3,)
---@return perigee.array
function array:copy() end

--- The CRC-32 of dtype, shape and elements: the same for every view of the same numbers, and on
--- every machine.
---
---     a = pg.array{{1, 2}, {3, 4}}
---     a:checksum() == a.T.T:checksum()  --> true
---     a:checksum() == a.T:checksum()  --> false
---@return integer
function array:checksum() end

--- Nested tables of the elements; of rank 0, the element. uint64 from 2^63 on gives floats.
---
---     pg.array{{1, 2}, {3, 4}}:tolist()[2][1]  --> 3.0
---@return table|number|boolean
function array:tolist() end

--- The element of an array that has just one. Raises for any other size.
--- A uint64 from 2^63 on is a float, rounded.
---
---     pg.array{{7}}:item()  --> 7.0
---     large = pg.array({2^63}, "uint64")
---     large  --> [9223372036854775808] uint64 (1,)
---     large:item()  --> 9.2233720368548e+18
---@return number|boolean
function array:item() end

--- Gives this handle's memory back at once; the elements go with their last view.
--- A freed array raises when it is used.
---
---     big = pg.zeros(1000, 1000)
---     big:free()  -- 8 MB, at once
---     big  --> array (freed)
function array:free() end

-- --- elements ------------------------------------------------------------------

--- The element, or the view, at these positions, one for each axis from the first.
--- A uint64 from 2^63 on is a float, rounded.
---
---     a = pg.array{{1, 2, 3}, {4, 5, 6}}
---     a:get(2, 3)  --> 6.0
---     a:get(-1)  --> [4., 5., 6.] float64 (3,)
---@param ... integer
---@return number|boolean|perigee.array
function array:get(...) end

--- Writes a value at these positions, and returns the array.
---
---     pg.zeros(2, 3):set(1, -1, 7)
---     --> [[0., 0., 7.],
---     -->  [0., 0., 0.]] float64 (2, 3)
---     pg.zeros(2, 3):set(2, {1, 2, 3})
---     --> [[0., 0., 0.],
---     -->  [1., 2., 3.]] float64 (2, 3)
---@param ... any  positions, then the value: a number, a boolean, or an array that broadcasts
---@return perigee.array
function array:set(...) end

--- A view of rows `first` to `last`, both included; `last` is `first` unless given.
---
---     pg.range(1, 6):reshape(3, 2):rows(2, 3)
---     --> [[3, 4],
---     -->  [5, 6]] int64 (2, 2)
---     pg.zeros(5, 4):rows(1).shape  --> (1, 4)
---@param first integer
---@param last? integer
---@return perigee.array
function array:rows(first, last) end

--- A view of columns `first` to `last` (of the second axis), both included.
---
---     pg.range(1, 6):reshape(2, 3):cols(2, 3)
---     --> [[2, 3],
---     -->  [5, 6]] int64 (2, 2)
---@param first integer
---@param last? integer
---@return perigee.array
function array:cols(first, last) end

--- The elements at these positions along an axis, as a new array.
--- Positions may repeat, count from -1 at the end, and have any shape, which takes the axis's
--- place. Raises for a position beyond the ends.
---
---     pg.array{10, 20, 30}:take{3, 1, 1, -1}
---     --> [30., 10., 10., 30.] float64 (4,)
---     pg.range(1, 6):reshape(2, 3):take({3, 1}, 2)
---     --> [[3, 1],
---     -->  [6, 4]] int64 (2, 2)
---@param positions perigee.like  integers
---@param axis? integer  1 unless given
---@return perigee.array
function array:take(positions, axis) end

--- The parts of the array where the mask is true, as a new array: `a[mask]` is the same.
--- A mask has the lengths of the first axes; what it picks are the parts behind them, in
--- row-major order. `a[mask] = value` writes there. Raises where the shapes do not fit.
---
---     a = pg.array{3, -1, 4, -1, 5}
---     a:masked(a:gt(0))  --> [3., 4., 5.] float64 (3,)
---@param mask perigee.like  bool
---@return perigee.array
function array:masked(mask) end

-- --- elementwise -----------------------------------------------------------------

--- Whether each element is greater: a bool array. Also written `pg.gt(a, b)`.
---
---     pg.array{1, 2, 3}:gt(2)  --> [false, false,  true] bool (3,)
---     pg.array{1, 2, 3}:gt(2):sum()  --> 1
---@param b perigee.like
---@return perigee.array
function array:gt(b) end

--- Whether each element is greater or equal: a bool array.
---
---     pg.array{1, 2, 3}:ge(2)  --> [false,  true,  true] bool (3,)
---@param b perigee.like
---@return perigee.array
function array:ge(b) end

--- Whether each element is less: a bool array.
---
---     pg.array{1, 2, 3}:lt{3, 2, 1}  --> [ true, false, false] bool (3,)
---@param b perigee.like
---@return perigee.array
function array:lt(b) end

--- Whether each element is less or equal: a bool array.
---
---     pg.array{1, 2, 3}:le{3, 2, 1}  --> [ true,  true, false] bool (3,)
---@param b perigee.like
---@return perigee.array
function array:le(b) end

--- Whether each element is equal: a bool array (`==` is identity).
---
---     pg.array{7, 2, 1}:eq{7, 3, 1}  --> [ true, false,  true] bool (3,)
---@param b perigee.like
---@return perigee.array
function array:eq(b) end

--- Whether each element differs: a bool array.
---
---     pg.array{7, 2, 1}:ne{7, 3, 1}  --> [false,  true, false] bool (3,)
---@param b perigee.like
---@return perigee.array
function array:ne(b) end

--- The smaller of each pair of elements; NaN where either is.
---
---     pg.array{1, 5, 3}:minimum(3)  --> [1., 3., 3.] float64 (3,)
---@param b perigee.like
---@return perigee.array
function array:minimum(b) end

--- The greater of each pair of elements; NaN where either is.
---
---     pg.array{-2, 0, 2}:maximum(0)  --> [0., 0., 2.] float64 (3,)
---@param b perigee.like
---@return perigee.array
function array:maximum(b) end

--- Each element's distance from 0. The least signed integer wraps to itself.
---
---     pg.array{-1.5, 2, -3}:abs()  --> [1.5, 2. , 3. ] float64 (3,)
---@return perigee.array
function array:abs() end

--- e to each element. Integers give float64; within 1 ulp.
---
---     pg.array{0, 1, 2}:exp()
---     --> [1.        , 2.71828183, 7.3890561 ] float64 (3,)
---     1 / (1 + pg.exp(-pg.array{0, 2}))
---     --> [0.5       , 0.88079708] float64 (2,)
---@return perigee.array
function array:exp() end

--- The natural logarithm. Integers give float64; of 0 it is -inf, below 0 NaN.
---
---     pg.array{1, 2, 4}:log()
---     --> [0.        , 0.69314718, 1.38629436] float64 (3,)
---@return perigee.array
function array:log() end

--- The square root. Integers give float64; below 0 it is NaN.
---
---     pg.array{1, 2, 4}:sqrt()
---     --> [1.        , 1.41421356, 2.        ] float64 (3,)
---@return perigee.array
function array:sqrt() end

--- The hyperbolic tangent. Integers give float64.
---
---     pg.array{-1, 0, 1}:tanh()
---     --> [-0.76159416,  0.        ,  0.76159416] float64 (3,)
---@return perigee.array
function array:tanh() end

--- The logistic function 1 / (1 + exp(-x)). Integers give float64.
---
---     pg.array{-2, 0, 2}:sigmoid()
---     --> [0.11920292, 0.5       , 0.88079708] float64 (3,)
---@return perigee.array
function array:sigmoid() end

--- exp(x - max) / sum along an axis, the last unless given. Integers give float64.
---
---     pg.array{{1, 1}, {0, 2}}:softmax()
---     --> [[0.5       , 0.5       ],
---     -->  [0.11920292, 0.88079708]] float64 (2, 2)
---@param axis? integer
---@return perigee.array
function array:softmax(axis) end

--- The greatest integer that is not greater. Integers stay as they are.
---
---     pg.array{-1.5, 1.5}:floor()  --> [-2.,  1.] float64 (2,)
---@return perigee.array
function array:floor() end

--- The least integer that is not less. Integers stay as they are.
---
---     pg.array{-1.5, 1.5}:ceil()  --> [-1.,  2.] float64 (2,)
---@return perigee.array
function array:ceil() end

--- The nearest number with so many decimals, halves to the even one. Integers stay integers.
---
---     pg.array{0.125, 1.5, 2.5}:round()  --> [0., 2., 2.] float64 (3,)
---     pg.array{0.125, 1.5, 2.5}:round(1)  --> [0.1, 1.5, 2.5] float64 (3,)
---@param decimals? integer  0 unless given; below 0 rounds before the point
---@return perigee.array
function array:round(decimals) end

--- Whether each element is NaN: a bool array.
---
---     (pg.array{0, 1} / 0):isnan()  --> [ true, false] bool (2,)
---@return perigee.array
function array:isnan() end

--- Each element, but at least `low` and at most `high`; either may be nil.
---
---     pg.array{-2, 0.5, 3}:clip(0, 1)  --> [0. , 0.5, 1. ] float64 (3,)
---     pg.array{-2, 0.5, 3}:clip(nil, 1)  --> [-2. ,  0.5,  1. ] float64 (3,)
---@param low? perigee.like
---@param high? perigee.like
---@return perigee.array
function array:clip(low, high) end

--- Whether |a - b| <= atol + rtol |b| everywhere; NaN is close to nothing.
---
---     pg.array{0.1, 0.2}:allclose{0.1, 0.2000001}  --> true
---     pg.array{0.1, 0.2}:allclose({0.1, 0.201}, 0, 0.01)  --> true
---@param b perigee.like
---@param rtol? number  1e-5 unless given
---@param atol? number  1e-8 unless given
---@return boolean
function array:allclose(b, rtol, atol) end

-- --- in place ----------------------------------------------------------------------

--- Adds b, which broadcasts, into the array, and returns it.
--- Raises where the sum's kind of dtype does not go into the array's.
---
---     pg.zeros(2, 3):add_{1, 2, 3}
---     --> [[1., 2., 3.],
---     -->  [1., 2., 3.]] float64 (2, 3)
---@param b perigee.like
---@return perigee.array
function array:add_(b) end

--- Subtracts b from the array in place, and returns it. See `add_`.
---
---     pg.ones(3):sub_{1, 2, 3}  --> [ 0., -1., -2.] float64 (3,)
---@param b perigee.like
---@return perigee.array
function array:sub_(b) end

--- Multiplies the array by b in place, and returns it. See `add_`.
---
---     pg.array{1, 2, 3}:mul_(10)  --> [10., 20., 30.] float64 (3,)
---@param b perigee.like
---@return perigee.array
function array:mul_(b) end

--- Divides a floating array by b in place, and returns it. See `add_`.
---
---     pg.array{1, 2, 3}:div_(10)  --> [0.1, 0.2, 0.3] float64 (3,)
---@param b perigee.like
---@return perigee.array
function array:div_(b) end

--- Sets every element, and returns the array.
--- Raises for a number that the dtype does not hold.
---
---     pg.zeros(2, 2, "uint8"):fill_(255)
---     --> [[255, 255],
---     -->  [255, 255]] uint8 (2, 2)
---@param value number|boolean
---@return perigee.array
function array:fill_(value) end

--- Adds alpha * x, which broadcasts, into a floating array, and returns it.
---
---     pg.array{1, 2, 3}:axpy_(-0.5, {2, 2, 2})  --> [0., 1., 2.] float64 (3,)
---@param alpha number
---@param x perigee.like
---@return perigee.array
function array:axpy_(alpha, x) end

-- --- reductions and products ----------------------------------------------------------

--- The sum, of everything (a number) or along an axis.
--- bool and signed integers give int64, unsigned uint64; floats their own dtype, added pairwise
--- in float64 (Higham, "The accuracy of floating point summation", 1993).
---
---     a = pg.array{{1, 2, 3}, {4, 5, 6}}
---     a:sum()  --> 21.0
---     a:sum(1)  --> [5., 7., 9.] float64 (3,)
---     a:sum(2, true)
---     --> [[ 6.],
---     -->  [15.]] float64 (2, 1)
---@param axis? integer  from 1, or from -1 at the end
---@param keep? boolean  leave the axis, with length 1
---@return number|perigee.array
function array:sum(axis, keep) end

--- The mean. Integers give float64; of no elements it is NaN.
---
---     a = pg.array{{1, 2, 3}, {4, 5, 6}}
---     a:mean()  --> 3.5
---     a:mean(1)  --> [2.5, 3.5, 4.5] float64 (3,)
---@param axis? integer
---@param keep? boolean
---@return number|perigee.array
function array:mean(axis, keep) end

--- The population's standard deviation, sqrt(mean((a - mean)^2)). Integers give float64.
---
---     pg.array{2, 4, 4, 4, 5, 5, 7, 9}:std()  --> 2.0
---@param axis? integer
---@param keep? boolean
---@return number|perigee.array
function array:std(axis, keep) end

--- The population's variance, mean((a - mean)^2). Integers give float64.
---
---     pg.array{2, 4, 4, 4, 5, 5, 7, 9}:var()  --> 4.0
---@param axis? integer
---@param keep? boolean
---@return number|perigee.array
function array:var(axis, keep) end

--- The Euclidean length sqrt(sum(a^2)), of everything or along an axis. Integers give float64.
---
---     pg.array{{3, 4}, {6, 8}}:norm(2)  --> [ 5., 10.] float64 (2,)
---@param axis? integer
---@param keep? boolean
---@return number|perigee.array
function array:norm(axis, keep) end

--- Whether any element is not 0 (NaN is not); of no elements false.
---
---     pg.array{{0, 1}, {0, 0}}:any()  --> true
---     pg.array{{0, 1}, {0, 0}}:any(2)  --> [ true, false] bool (2,)
---@param axis? integer
---@param keep? boolean
---@return boolean|perigee.array
function array:any(axis, keep) end

--- Whether all elements are not 0; of no elements true.
---
---     pg.array{{0, 1}, {1, 1}}:all()  --> false
---     pg.array{{0, 1}, {1, 1}}:all(2)  --> [false,  true] bool (2,)
---@param axis? integer
---@param keep? boolean
---@return boolean|perigee.array
function array:all(axis, keep) end

--- The least element; NaN where there is one. Raises for no elements.
---
---     pg.array{{3, 1}, {2, 5}}:min()  --> 1.0
---     pg.array{{3, 1}, {2, 5}}:min(1)  --> [2., 1.] float64 (2,)
---@param axis? integer
---@param keep? boolean
---@return number|boolean|perigee.array
function array:min(axis, keep) end

--- The greatest element; NaN where there is one. Raises for no elements.
---
---     pg.array{{3, 1}, {2, 5}}:max()  --> 5.0
---     pg.array{{3, 1}, {2, 5}}:max(1)  --> [3., 5.] float64 (2,)
---@param axis? integer
---@param keep? boolean
---@return number|boolean|perigee.array
function array:max(axis, keep) end

--- The position (from 1) of the least element, or of the first NaN: int64. See `argmax`.
---
---     pg.array{3, 1, 2}:argmin()  --> 2
---@param axis? integer
---@param keep? boolean
---@return integer|perigee.array
function array:argmin(axis, keep) end

--- The position (from 1) of the greatest element, or of the first NaN: int64.
--- Without an axis it is the position in row-major order. Raises for no elements.
---
---     a = pg.array{{3, 9}, {2, 5}}
---     a:argmax()  --> 2
---     a:argmax(2)  --> [2, 2] int64 (2,)
---@param axis? integer
---@param keep? boolean
---@return integer|perigee.array
function array:argmax(axis, keep) end

--- Running sums along an axis; without one, of all elements in row-major order.
--- Floats are added in float64 and keep their dtype; other dtypes give those of `sum`.
---
---     pg.array{1, 2, 3, 4}:cumsum()  --> [ 1.,  3.,  6., 10.] float64 (4,)
---     pg.array{{1, 2}, {3, 4}}:cumsum(1)
---     --> [[1., 2.],
---     -->  [4., 6.]] float64 (2, 2)
---@param axis? integer
---@return perigee.array
function array:cumsum(axis) end

--- A copy in ascending order along an axis, the last unless given; NaN comes last.
---
---     pg.array{3, 1, 2}:sort()  --> [1., 2., 3.] float64 (3,)
---     pg.array{{3, 1}, {2, 5}}:sort(1)
---     --> [[2., 1.],
---     -->  [3., 5.]] float64 (2, 2)
---@param axis? integer
---@return perigee.array
function array:sort(axis) end

--- The positions (int64) that would sort an axis, the last unless given.
--- Of equal elements the first comes first; NaN comes last.
---
---     a = pg.array{30, 10, 20}
---     a:argsort()  --> [2, 3, 1] int64 (3,)
---     a:take(a:argsort())  --> [10., 20., 30.] float64 (3,)
---@param axis? integer
---@return perigee.array
function array:argsort(axis) end

--- The different elements in ascending order, of rank 1; one NaN at most, at the end.
---
---     pg.array{2, 1, 2, 3, 1}:unique()  --> [1., 2., 3.] float64 (3,)
---@return perigee.array
function array:unique() end

--- The products a[i] b[j] of all elements of both, in row-major order: a matrix.
---
---     pg.array{1, 2}:outer{1, 10, 100}
---     --> [[  1.,  10., 100.],
---     -->  [  2.,  20., 200.]] float64 (2, 3)
---@param b perigee.like
---@return perigee.array
function array:outer(b) end

--- The matrix product: (m, k) times (k, n) gives (m, n); a vector's axis falls away.
--- Two vectors give a number. Raises where the inner lengths differ, naming both shapes.
---
---     pg.array{{1, 2}, {3, 4}}:dot{{1, 0}, {1, 1}}
---     --> [[3., 2.],
---     -->  [7., 4.]] float64 (2, 2)
---     pg.zeros(5, 3):dot(pg.zeros(3, 2)).shape  --> (5, 2)
---     pg.array{1, 2, 3}:dot{4, 5, 6}  --> 32.0
---@param b perigee.like  rank 1 or 2
---@return perigee.array|number
function array:dot(b) end

-- --- files -------------------------------------------------------------------------------

--- An NPZ file, open: `archive.x_train` decodes that array when it is first used.
---
--- Each use gives the same array: numbers that are written into `archive.x_train` are there for
--- its next reader, and `archive.x_train:copy()` is an array of one's own. A name that is not in
--- the file raises, as does a member that is damaged or refused. Arrays outlive the archive.
---@class perigee.archive
---@field [string] perigee.array?
local archive = {}

--- The names of its arrays, in the file's order.
---
---     data = pg.dataset "digits"
---     data:keys()  --> {x_test, x_train, y_test, y_train}
---@return string[]
function archive:keys() end

--- The array of that name, also where a method is called so; nil where there is none.
---
---     data:get "x_train".ndim  --> 3
---     data:get "x_valid" == nil  --> true
---@param name string
---@return perigee.array?
function archive:get(name) end

--- What an array is, from the file's directory and its header: its elements are not decoded.
--- Raises for a member that cannot be read.
---
---     data:form "x_train"  --> uint8  (100, 28, 28)
---@param name string
---@return perigee.dtype?  # nil where there is no such array
---@return integer[]? shape
function archive:form(name) end

--- The CRC-32 of a member, as the file's directory has it: nothing is decoded. The same arrays,
--- saved again, have the same.
---
---     data:checksum "x_train" == pg.dataset "digits":checksum "x_train"
---     --> true
---@param name string
---@return integer?  # nil where there is no such array
function archive:checksum(name) end

--- The path that it was opened by.
---
---     pg.save("w.npz", {W = pg.eye(2)})
---     pg.load "w.npz":path()  --> w.npz
---@return string
function archive:path() end

--- Closes the file; `local data <close> = ...` does so by itself.
---
---     data = pg.dataset "digits"
---     x = data.x_train  -- outlives it
---     data:close()
function archive:close() end

-- --- random numbers -------------------------------------------------------------------------

--- A generator of its own: MT19937, drawing what numpy.random of the same seed draws.
---@class perigee.random
local random = {}

--- Starts the sequence anew, as numpy.random.seed; without a seed, from the system.
---
---     g:seed(0)
---     g:rand(), g:rand()  --> 0.54881350392732  0.71518936637242
---@param seed? integer  0 .. 2^32 - 1
function random:seed(seed) end

--- Uniform float64 numbers in [0, 1), of that shape; without one, a number.
---
---     g = pg.random(0)
---     g:rand()  --> 0.54881350392732
---     g:rand(2, 3).shape  --> (2, 3)
---@param ... integer|integer[]
---@return perigee.array|number
function random:rand(...) end

--- Standard normal float64 numbers, by Marsaglia's polar method; without a shape, a number.
---
---     pg.random(0):randn(3)
---     --> [1.76405235, 0.40015721, 0.97873798] float64 (3,)
---@param ... integer|integer[]
---@return perigee.array|number
function random:randn(...) end

--- Uniform float64 numbers in [low, high), of that shape; without one, a number.
---
---     pg.random(0):uniform(-1, 1, 3)
---     --> [0.09762701, 0.43037873, 0.20552675] float64 (3,)
---@param low? number  0 unless given
---@param high? number  1 unless given
---@param ... integer|integer[]
---@return perigee.array|number
function random:uniform(low, high, ...) end

--- Normal float64 numbers, of that shape; without one, a number.
---
---     pg.random(0):normal(100, 15, 3)
---     --> [126.46078519, 106.00235813, 114.68106976] float64 (3,)
---@param mean? number  0 unless given
---@param std? number  1 unless given, 0 or more
---@param ... integer|integer[]
---@return perigee.array|number
function random:normal(mean, std, ...) end

--- Integers from low to high - 1, as numpy.random.randint: int64; without a shape, a number.
--- Raises where low is not below high.
---
---     pg.random(0):randint(0, 10, 5)  --> [5, 0, 3, 3, 7] int64 (5,)
---     pg.random(0):randint(1, 7)  --> 5
---@param low integer
---@param high integer
---@param ... integer|integer[]
---@return perigee.array|integer
function random:randint(low, high, ...) end

--- Puts the rows of an array into random order, in place, and returns it.
--- The order is that of numpy.random.shuffle.
---
---     pg.random(0):shuffle(pg.range(1, 5))  --> [3, 1, 2, 4, 5] int64 (5,)
---@param a perigee.array
---@return perigee.array
function random:shuffle(a) end

--- Random rows of an array, or positions 1 .. n: numpy.random.choice.
--- Raises where there are not enough, or where p does not add up to 1.
---
---     pg.random(0):choice(10, 3, false)  --> [3, 9, 5] int64 (3,)
---     pg.random(0):choice({{1, 2}, {3, 4}, {5, 6}}, 2)
---     --> [[1., 2.],
---     -->  [3., 4.]] float64 (2, 2)
---@param a perigee.like|integer  an array, or the number of positions
---@param size? integer|integer[]  how many, or a shape; without it, one
---@param replace? boolean  true unless given: one may come more than once
---@param p? perigee.like  the rows' probabilities; all alike without them
---@return perigee.array|number
function random:choice(a, size, replace, p) end

--- The positions 1 .. n in random order, int64: numpy.random.permutation(n) + 1.
---
---     order = pg.random(0):permutation(5)
---     order  --> [3, 1, 2, 4, 5] int64 (5,)
---     pg.array{10, 20, 30, 40, 50}:take(order)
---     --> [30., 10., 20., 40., 50.] float64 (5,)
---@param n integer
---@return perigee.array
function random:permutation(n) end

--- All that the generator goes on from, as an array that can be saved: uint32 (628).
--- MT19937's 624 words, the position among them, whether a normal waits, and its 64 bits.
---
---     state = g:get_state()
---     first = g:rand()
---     g:set_state(state)
---     g:rand() == first  --> true
---@return perigee.array
function random:get_state() end

--- Goes on from where the generator was that `get_state` was asked of.
--- Raises for what is no such state.
---
---     other = pg.random(1)
---     other:set_state(g:get_state())
---     other:rand() == g:rand()  --> true
---@param state perigee.array  uint32 (628)
function random:set_state(state) end

-- --- the module ---------------------------------------------------------------------------------

---@class perigee.Model.class
---@field load fun(path: string, x?: perigee.like, y?: perigee.like): perigee.Model, string?
---@overload fun(x: perigee.like, y: perigee.like, options?: table): perigee.Model

---@class perigee
---@field _VERSION string  "Perigee " and its version
---@field Model perigee.Model.class
---@field dataset fun(name: string): perigee.archive
---@field progress fun(n: integer, title?: string): fun(): integer?
---@field plot fun(options: perigee.like|table, y?: perigee.like|table): boolean
---@field show fun(a: perigee.like, options?: table)
---@field save_png fun(path: string, a: perigee.like, options?: table): true
---@field help fun(what?: string|function)
local pg = {}

-- --- making arrays -----------------------------------------------------------------------

--- An array from a number, boolean or nested table, or a copy of an array.
--- Numbers are float64 and booleans bool unless told. Raises for rows of different lengths, and
--- for arrays within a table, which `stack` and `concat` join.
---
---     pg.array{{1, 2}, {3, 4}}
---     --> [[1., 2.],
---     -->  [3., 4.]] float64 (2, 2)
---     pg.array({1, 2, 3}, "uint8")  --> [1, 2, 3] uint8 (3,)
---     pg.array{true, false}  --> [ true, false] bool (2,)
---@param value perigee.like
---@param dtype? perigee.dtype
---@return perigee.array
function pg.array(value, dtype) end

--- The same as `array`, insisting on rank 2.
---
---     pg.matrix{{1, 2, 3}}  --> [[1., 2., 3.]] float64 (1, 3)
---@param value perigee.like
---@param dtype? perigee.dtype
---@return perigee.array
function pg.matrix(value, dtype) end

--- Zeros: `zeros(2, 3)`, `zeros({2, 3}, "float32")`.
---
---     pg.zeros(2, 3)
---     --> [[0., 0., 0.],
---     -->  [0., 0., 0.]] float64 (2, 3)
---     pg.zeros(3, "uint8")  --> [0, 0, 0] uint8 (3,)
---@param ... integer|integer[]|perigee.dtype  lengths, then a dtype (float64 unless given)
---@return perigee.array
function pg.zeros(...) end

--- Ones. See `zeros`.
---
---     pg.ones(2, 2, "float32")
---     --> [[1., 1.],
---     -->  [1., 1.]] float32 (2, 2)
---@param ... integer|integer[]|perigee.dtype
---@return perigee.array
function pg.ones(...) end

--- One value throughout: `full({2, 3}, 7)`. float64, or bool for a boolean, unless told.
---
---     pg.full({2, 3}, 7)
---     --> [[7., 7., 7.],
---     -->  [7., 7., 7.]] float64 (2, 3)
---@param shape integer[]
---@param value number|boolean
---@param dtype? perigee.dtype
---@return perigee.array
function pg.full(shape, value, dtype) end

--- The n by n matrix with ones on its diagonal.
---
---     pg.eye(2)
---     --> [[1., 0.],
---     -->  [0., 1.]] float64 (2, 2)
---@param n integer
---@param dtype? perigee.dtype
---@return perigee.array
function pg.eye(n, dtype) end

--- The numbers first, first + step, ... up to last, both ends included, as in Lua's `for`.
--- int64 where all are integers, else float64. Raises for floats that are not finite.
---
---     pg.range(1, 5)  --> [1, 2, 3, 4, 5] int64 (5,)
---     pg.range(0, 1, 0.25)  --> [0.  , 0.25, 0.5 , 0.75, 1.  ] float64 (5,)
---     pg.range(10, 1, -3)  --> [10,  7,  4,  1] int64 (4,)
---@param first number
---@param last number
---@param step? number  1 unless given, not 0
---@return perigee.array
function pg.range(first, last, step) end

--- n float64 numbers from first to last, both included, at equal distances.
--- Raises for an end that is not finite.
---
---     pg.linspace(0, 1, 5)  --> [0.  , 0.25, 0.5 , 0.75, 1.  ] float64 (5,)
---@param first number
---@param last number
---@param n integer
---@return perigee.array
function pg.linspace(first, last, n) end

-- --- labels, joining, counting -----------------------------------------------------------

--- A matrix (n, classes) with a one where each label says.
--- Raises for a label outside 0 .. classes - 1, naming row, value and range.
---
---     pg.onehot({2, 0}, 3)
---     --> [[0., 0., 1.],
---     -->  [1., 0., 0.]] float64 (2, 3)
---@param labels perigee.like  (n) class numbers from 0
---@param classes integer
---@param dtype? perigee.dtype  float64 unless given
---@return perigee.array
function pg.onehot(labels, classes, dtype) end

--- The most likely label of each row of (n, classes): class numbers from 0, int64 (n).
---
---     pg.labels{{0.1, 0.7, 0.2}, {0.8, 0.1, 0.1}}  --> [1, 0] int64 (2,)
---@param p perigee.like
---@return perigee.array
function pg.labels(p) end

--- The arrays one after the other along an axis, in the dtype that holds all of theirs.
--- Raises where their other lengths differ.
---
---     pg.concat{pg.zeros(2), pg.ones(1)}  --> [0., 0., 1.] float64 (3,)
---     pg.concat({pg.zeros(2, 3), pg.zeros(2, 5)}, 2).shape  --> (2, 8)
---@param arrays perigee.like[]
---@param axis? integer  1 unless given
---@return perigee.array
function pg.concat(arrays, axis) end

--- The arrays one behind the other along a new axis, the first unless given.
--- Raises where their shapes differ.
---
---     pg.stack{{1, 2}, {3, 4}, {5, 6}}
---     --> [[1., 2.],
---     -->  [3., 4.],
---     -->  [5., 6.]] float64 (3, 2)
---     pg.stack({pg.zeros(28, 28), pg.ones(28, 28)}, 3).shape  --> (28, 28, 2)
---@param arrays perigee.like[]
---@param axis? integer
---@return perigee.array
function pg.stack(arrays, axis) end

--- How many elements lie in each bin, and the bins' edges, as numpy.histogram.
--- A bin holds its lower edge, the last one both. Without ends, the bins go from the least to
--- the greatest element. NaN is in no bin. Raises for edges that decrease, and for ends
--- that are not finite, further apart than any float64, or so close that a bin has no width.
---
---     counts, edges = pg.histogram({1, 2, 2, 3, 9}, 4)
---     counts  --> [3, 1, 0, 1] int64 (4,)
---     edges  --> [1., 3., 5., 7., 9.] float64 (5,)
---@param a perigee.like
---@param bins? integer|perigee.like  how many (10), or their edges
---@param ends? number[]  {low, high}: what lies outside is not counted
---@return perigee.array counts  int64
---@return perigee.array edges  float64, one more
function pg.histogram(a, bins, ends) end

--- Each element from a where the mask holds, else from b; all three broadcast.
---
---     a = pg.array{-2, 0, 3}
---     pg.where(a:gt(0), a, 0.1 * a)  --> [-0.2,  0. ,  3. ] float64 (3,)
---@param mask perigee.array  bool
---@param a perigee.like
---@param b perigee.like
---@return perigee.array
function pg.where(mask, a, b) end

-- --- reading and writing -----------------------------------------------------------------

--- Opens an NPZ archive, or reads an NPY array, as the file's first bytes say.
--- Nothing in the file is believed before it is checked. Raises for a file that cannot be opened
--- or read, with its path and the reason.
---
---     data = pg.load "file.npz"
---     data:keys()  --> {W1, b1}
---     data.W1.shape  --> (20, 784)
---     pcall(pg.load, "missing.npy")
---     --> false  missing.npy: No such file or directory
---@param path string
---@return perigee.archive|perigee.array
function pg.load(path) end

--- Tells if there is a file or a folder at a path, or behind the link that is there.
--- Raises where the system cannot tell: a folder on the way may not be searched.
---
---     pg.exists "file.npz", pg.exists "missing.npy"  --> true  false
---     pg.exists "."  --> true
---@param path string
---@return boolean
function pg.exists(path) end

--- Writes an array to `.npy`, or a table of named arrays to `.npz`: whole or not at all. A
--- symbolic link is followed. The new file takes the place of the old one, with its mode, and its
--- owner where the system lets it, but without setuid, setgid and sticky bits; other hard links of
--- the old one keep what it was.
--- Raises where the file cannot be written, with its path and the reason: what was there stands.
---
---     pg.save("a.npy", pg.eye(3))  --> true
---     w = {W1 = pg.zeros(20, 784), b1 = pg.zeros(1, 20)}
---     pg.save("w.npz", w, {compress = true})  --> true
---@param path string  its ending says which
---@param value perigee.like|table<string, perigee.like>
---@param options? { compress?: boolean }  compress = false (or true: deflate the members of
---   an .npz)
---@return true
function pg.save(path, value, options) end

--- Reads a PNG file: uint8, (height, width) where it is grey, else (height, width, samples).
--- Samples are grey and alpha, red, green and blue, or those and alpha: 2, 3 or 4. Palettes and
--- fewer bits are widened to 0 .. 255, 16 bits rounded to 8 (interlaced ones are refused); a file
--- made for another gamma than a screen's is converted. Nothing in the file is believed before it
--- is checked: a picture of more than 64 MB has at most 1032 bytes for each byte of its pixels in
--- the file, as deflate has. Raises for a file that cannot be opened or read.
---
---     pg.save_png("digit.png", data.x_train[1])
---     pg.load_png("digit.png").shape  --> (28, 28)
---@param path string
---@return perigee.array
function pg.load_png(path) end

--- Writes a file of any text: whole or not at all. Raises where it cannot be written.
---
---     pg.write("notes.txt", "rate 0.5 was best\n")  --> true
---@param path string
---@param text string
---@return true
function pg.write(path, text) end

-- --- random numbers of the module --------------------------------------------------------

--- A generator of its own with this seed, or one from the system.
---
---     g = pg.random(0)
---     g:randn(2, 3)
---     --> [[ 1.76405235,  0.40015721,  0.97873798],
---     -->  [ 2.2408932 ,  1.86755799, -0.97727788]] float64 (2, 3)
---@param seed? integer  0 .. 2^32 - 1
---@return perigee.random
function pg.random(seed) end

--- Seeds the module's own generator. See `perigee.random`.
---
---     pg.seed(0)
---     pg.rand(3)  --> [0.5488135 , 0.71518937, 0.60276338] float64 (3,)
---@param seed? integer
function pg.seed(seed) end

--- Uniform numbers from the module's own generator. See `perigee.random`.
---
---     pg.seed(0)
---     pg.rand()  --> 0.54881350392732
---     pg.rand(2, 3).shape  --> (2, 3)
---@param ... integer|integer[]
---@return perigee.array|number
function pg.rand(...) end

--- Standard normal numbers from the module's own generator. See `perigee.random`.
---
---     pg.seed(0)
---     pg.randn(2, 3)
---     --> [[ 1.76405235,  0.40015721,  0.97873798],
---     -->  [ 2.2408932 ,  1.86755799, -0.97727788]] float64 (2, 3)
---@param ... integer|integer[]
---@return perigee.array|number
function pg.randn(...) end

--- Uniform float64 numbers in [low, high), of that shape; without one, a number.
---
---     pg.seed(0)
---     pg.uniform(-1, 1, 3)
---     --> [0.09762701, 0.43037873, 0.20552675] float64 (3,)
---@param low? number  0 unless given
---@param high? number  1 unless given
---@param ... integer|integer[]
---@return perigee.array|number
function pg.uniform(low, high, ...) end

--- Normal float64 numbers, of that shape; without one, a number.
---
---     pg.seed(0)
---     pg.normal(100, 15, 3)
---     --> [126.46078519, 106.00235813, 114.68106976] float64 (3,)
---@param mean? number  0 unless given
---@param std? number  1 unless given, 0 or more
---@param ... integer|integer[]
---@return perigee.array|number
function pg.normal(mean, std, ...) end

--- Integers from low to high - 1, as numpy.random.randint: int64; without a shape, a number.
--- Raises where low is not below high.
---
---     pg.seed(0)
---     pg.randint(0, 10, 5)  --> [5, 0, 3, 3, 7] int64 (5,)
---@param low integer
---@param high integer
---@param ... integer|integer[]
---@return perigee.array|integer
function pg.randint(low, high, ...) end

--- Puts the rows of an array into random order, in place, and returns it.
--- The order is that of numpy.random.shuffle.
---
---     pg.seed(0)
---     pg.shuffle(pg.range(1, 5))  --> [3, 1, 2, 4, 5] int64 (5,)
---@param a perigee.array
---@return perigee.array
function pg.shuffle(a) end

--- Random rows of an array, or positions 1 .. n: numpy.random.choice.
--- Raises where there are not enough, or where p does not add up to 1.
---
---     pg.seed(0)
---     pg.choice(10, 3, false)  --> [3, 9, 5] int64 (3,)
---@param a perigee.like|integer  an array, or the number of positions
---@param size? integer|integer[]  how many, or a shape; without it, one
---@param replace? boolean  true unless given: one may come more than once
---@param p? perigee.like  the rows' probabilities; all alike without them
---@return perigee.array|number
function pg.choice(a, size, replace, p) end

--- The positions 1 .. n in random order, by the module's own generator.
---
---     pg.seed(0)
---     pg.permutation(5)  --> [3, 1, 2, 4, 5] int64 (5,)
---@param n integer
---@return perigee.array
function pg.permutation(n) end

--- All that the module's own generator goes on from: numpy.random.get_state.
---
---     state = pg.get_state()
---     first = pg.rand()
---     pg.set_state(state)
---     pg.rand() == first  --> true
---@return perigee.array  # uint32 (628), as a generator's `get_state` gives it
function pg.get_state() end

--- The module's own generator goes on from where it, or another, was.
--- Raises for what is no such state.
---
---     pg.set_state(pg.random(0):get_state())
---     pg.rand()  --> 0.54881350392732
---@param state perigee.array  uint32 (628)
function pg.set_state(state) end

-- --- kernels -----------------------------------------------------------------------------

--- Weights as the notebook draws them: W_l normal times sqrt(1 / inputs of l), b_l zero.
--- The table says its `activation`, too, for `forward` and `gradient`, if that is named.
---
---     w = pg.initialization(x, 100)  -- x: (100, 784)
---     w.W1.shape, w.b1.shape, w.W2.shape, w.b2.shape
---     --> (100, 784)  (1, 100)  (10, 100)  (1, 10)
---     pg.initialization(x, {64, 32}, {activation = "relu"}).W3.shape
---     --> (10, 32)
---@param x perigee.array  (n, inputs): only its width and dtype are asked for
---@param hidden integer|integer[]  units of the hidden layer, or of several
---@param options? table  activation = "sigmoid" ("tanh", "relu", or a list of one for each
---   hidden layer); classes = 10; dtype (x's if that is floating, else "float64", unless given);
---   random (a generator; else the module's)
---@return table<string, perigee.array>  # W1 (hidden, inputs), b1 (1, hidden), W2, b2, ...
function pg.initialization(x, hidden, options) end

--- The layers' outputs: A_l = sigmoid(A_(l-1) W_l^T + b_l), the last by softmax.
--- Where the weights say another `activation`, that takes the sigmoid's place.
---
---     w = pg.initialization(x, 20)  -- x: (100, 784)
---     A = pg.forward(x, w)
---     A.A1.shape, A.A2.shape  --> (100, 20)  (100, 10)
---     A.A2:sum(2):allclose(1)  --> true
---@param x perigee.like  (n, inputs)
---@param weights table<string, perigee.array>  and activation: a name, or a list of them
---@param out? table<string, perigee.array>  what an earlier call returned: its arrays are written
---   to, and those that are absent put there. Raises, before anything is written, for an array of
---   another shape or dtype, a view with gaps between its elements, or one that shares elements
---   with another result, x or the weights
---@return table<string, perigee.array>  # A1 (n, hidden), A2 (n, classes), ...; out, if given
function pg.forward(x, weights, out) end

--- The gradients of the mean cross-entropy by every weight.
---
---     w = pg.initialization(x, 20)
---     A = pg.forward(x, w)
---     G = pg.gradient(x, y, A, w)  -- y: (100), labels
---     G.dW1.shape, G.db1.shape, G.dW2.shape, G.db2.shape
---     --> (20, 784)  (1, 20)  (10, 20)  (1, 10)
---@param x perigee.like  (n, inputs)
---@param y perigee.like  (n, classes) one-hot, or (n) labels
---@param activations table<string, perigee.array>  from `forward`
---@param weights table<string, perigee.array>
---@param out? table<string, perigee.array>  what an earlier call returned, as in `forward`; none
---   of its arrays may share elements with x, y, the activations or the weights
---@return table<string, perigee.array>  # dW1, db1, ... of the weights' shapes; out, if given
function pg.gradient(x, y, activations, weights, out) end

--- One step of gradient descent, in place: W = W - rate * dW. Returns the weights.
---
---     A = pg.forward(x, w)
---     before = pg.cross_entropy(A, y)
---     pg.update(w, pg.gradient(x, y, A, w), 0.1)
---     pg.cross_entropy(pg.forward(x, w), y) < before  --> true
---@param weights table<string, perigee.array>
---@param gradients table<string, perigee.array>
---@param rate number
---@return table<string, perigee.array>
function pg.update(weights, gradients, rate) end

--- The mean cross-entropy -sum(y log(A + 1e-9)) / n.
---
---     p = pg.array{{0.9, 0.1}, {0.5, 0.5}}
---     ("%.4f"):format(pg.cross_entropy(p, {0, 1}))  --> 0.3993
---@param activations table<string, perigee.array>|perigee.array  or the last of them
---@param y perigee.like  (n, classes) one-hot, or (n) labels
---@return number
function pg.cross_entropy(activations, y) end

--- The part of labels that agree: 0 .. 1. Raises where the shapes differ, and for one-hot rows:
--- `labels` gives theirs.
---
---     pg.accuracy({1, 2, 3, 4}, {1, 2, 3, 0})  --> 0.75
---@param y_true perigee.like  (n)
---@param y_pred perigee.like  (n)
---@return number
function pg.accuracy(y_true, y_pred) end

-- --- the machine -------------------------------------------------------------------------

--- The number of threads that work; with n, sets it, and returns what it was.
--- Results do not depend on it.
---
---     before = pg.threads(1)
---     pg.threads()  --> 1
---     pg.threads(before)  --> 1
---@param n? integer  1 .. 1024; more than there are cores is allowed
---@return integer
function pg.threads(n) end

--- What runs underneath: version, blas, kernels, threads, and the live bytes of arrays.
---
---     pg.info().version == pg._VERSION:match "%S+$"  --> true
---     pg.info().kernels  -- "avx512", "avx2" or "portable"
---@return { version: string, blas: string, kernels: string, threads: integer, bytes: integer }
function pg.info() end

return pg
