---@meta perigee
-- The functions made in C, described for editors, for help and for docs/reference.md. Every error
-- raises, with shapes, rows and values in the message, or the file and the member.

--- The type of an array's elements, by NumPy's name: float64, float32, int8, int16, int32, int64,
--- uint8, uint16, uint32, uint64 or bool.
---
--- Numbers of Lua become float64 and booleans bool, unless a dtype is given. Two dtypes promote as
--- in NumPy 2 (NEP 50): float32 and float64 give float64, uint8 and int16 give int16. A number of
--- Lua doesn't count as float64: an integer keeps any numeric dtype, and a float keeps float dtypes
--- and turns integers to float64.
---
--- Integers wrap at their limits. `/` of integers gives float64; `//` and `%` by zero give 0. Sums
--- of bool and signed integers are int64, those of unsigned integers uint64; means are float64.
---
--- Elements of integer dtypes are read as integers of Lua, which end at 2^63 - 1. An element of
--- uint64 from 2^63 on is read as a float, rounded; printed, it has all digits. float16 in a file
--- is loaded as float32.
---
---     (pg.ones(2, "float32") + 1.5).dtype   --> float32
---     (pg.ones(2, "uint8") + 1).dtype       --> uint8
---     (pg.ones(2, "uint8") + 1.5).dtype     --> float64
---     (pg.ones(2, "uint8") / 2).dtype       --> float64
---     pg.array({250}, "uint8") + 10         --> [4] uint8 (1,)
---@alias perigee.dtype
---| "float64" | "float32" | "bool"
---| "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64"

--- An array, or a value that becomes one: a number, a boolean, or a nested table of these whose
--- rows have equal lengths.
---
---     pg.array{1, 2, 3} + {10, 20, 30}  --> [11., 22., 33.] float64 (3,)
---     pg.exp(0)                         --> 1.0
---     pg.exp{{0, 0}, {0, 0}}
---     --> [[1., 1.],
---     -->  [1., 1.]] float64 (2, 2)
---@alias perigee.like perigee.array|number|boolean|table

--- A position, slices, a mask or a list of positions, in brackets behind an array: `a[i]` reads,
--- and `a[i] = v` writes, where v is a number or broadcasts to the shape of `a[i]`.
---
--- Positions start at 1, and count from -1 at the end. Slices include both ends. A position beyond
--- the ends raises, also in a slice; only `a[#a + 1]` gives nil, so that `ipairs` ends.
---
--- One integer is a position of the first axis. A string has a part for each axis, with commas
--- between them: `"3"` drops its axis; `"2:5"`, `"2:"` and `":5"` keep it; `":"` is all of it;
--- `"1:9:2"` has a step, and a negative step reverses. A table has the same parts: `3`, `{2, 5}`,
--- `{}`, `{1, 9, 2}`; `{i, i - 1}` is empty. Missing parts at the end are all of their axes.
---
--- An index that names one element gives a number or a boolean. Other positions and slices give
--- views, which share their elements with the array. A mask (an array of bool, of the lengths of
--- the first axes) and an array of positions give copies of the rows that they pick. Floats that
--- are whole are positions, as Lua takes 2.0 for 2; 1.5 raises.
---
--- A string that is no index and no name of a method raises, with a suggestion.
---
---     a = pg.range(1, 12):reshape(3, 4)
---     a[1]                        --> [1, 2, 3, 4] int64 (4,)
---     a[{2, 3}]                   --> 7
---     a["2:3, -1"]                --> [ 8, 12] int64 (2,)
---     a[{ {2, 3}, -1 }]           --> [ 8, 12] int64 (2,)
---     a[":, ::2"]
---     --> [[ 1,  3],
---     -->  [ 5,  7],
---     -->  [ 9, 11]] int64 (3, 2)
---     a["::-1"][1]                --> [ 9, 10, 11, 12] int64 (4,)
---     a[a:gt(10)]                 --> [11, 12] int64 (2,)
---     a[pg.array{3, 1}]
---     --> [[ 9, 10, 11, 12],
---     -->  [ 1,  2,  3,  4]] int64 (2, 4)
---     a["1:2, 1"] = 0
---     a[":, 1"]                   --> [0, 0, 9] int64 (3,)
---@alias perigee.index integer|string|table|perigee.array

--- The lengths of an array's axes: a list of integers, from 1, and from -1 at the end. It prints
--- as `(60000, 784)`, and `==` compares the lengths. Writing to it doesn't change the array.
---
---     s = pg.zeros(60, 28, 28).shape
---     s, s[1], s[-1], #s          --> (60, 28, 28)  60  28  3
---     s == pg.ones(60, 28, 28).shape  --> true
---@alias perigee.shape integer[]

--- A view of numbers: of rank 0 to 8, row-major when new. Views share their elements.
---
--- `+ - * / // % ^` and unary `-` work on each element, and broadcast: from the last axis on, two
--- lengths are equal or one of them is 1. `& | ~` take bool and integers. `==` tells if two values
--- are the same object (see `eq`); `<` and `<=` raise (see `lt`). A method call binds more tightly
--- than an operator: `-z:exp()` is `-(z:exp())`.
---
--- `#a` is the number of rows, and `for i, row in ipairs(a)` visits them. Indices are in
--- `perigee.index`, promotion in `perigee.dtype`.
---
---     a = pg.array{{1, 2, 3}, {4, 5, 6}}
---     a * 2 + {10, 20, 30}
---     --> [[12., 24., 36.],
---     -->  [18., 30., 42.]] float64 (2, 3)
---     a - a:mean(1)               -- (2, 3) and (3): broadcast over the rows
---     --> [[-1.5, -1.5, -1.5],
---     -->  [ 1.5,  1.5,  1.5]] float64 (2, 3)
---     a:gt(1) & a:lt(5)
---     --> [[false,  true,  true],
---     -->  [ true, false, false]] bool (2, 3)
---     #a, a == a, a == a:copy()   --> 2  true  false
---@class perigee.array
---@field shape perigee.shape  the lengths of its axes
---@field dtype perigee.dtype  the type of its elements
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

--- Returns the elements in another shape, in row-major order.
--- One length may be -1: it is computed. The result is a view where the strides allow it, else a
--- copy. Raises if the sizes differ.
---
---     pg.range(1, 6):reshape(2, 3)
---     --> [[1, 2, 3],
---     -->  [4, 5, 6]] int64 (2, 3)
---     pg.zeros(60, 28, 28):reshape(-1, 784).shape  --> (60, 784)
---@param ... integer|integer[]  lengths, or one table of them
---@return perigee.array
function array:reshape(...) end

--- Returns a view with the axes in another order: `a:transpose(2, 1)`; without arguments, in
--- reverse order. Raises unless each axis is named once.
---
---     pg.zeros(2, 3, 4):transpose(3, 1, 2).shape  --> (4, 2, 3)
---     pg.array{{1, 2, 3}, {4, 5, 6}}:transpose()
---     --> [[1., 4.],
---     -->  [2., 5.],
---     -->  [3., 6.]] float64 (3, 2)
---@param ... integer  axes
---@return perigee.array
function array:transpose(...) end

--- Returns a view with two axes swapped.
---
---     pg.zeros(2, 3, 4):swapaxes(1, -1).shape  --> (4, 3, 2)
---@param i integer
---@param j integer
---@return perigee.array
function array:swapaxes(i, j) end

--- Returns a view without an axis of length 1, or without all such axes. Raises for a longer axis.
---
---     pg.zeros(1, 3, 1):squeeze().shape  --> (3,)
---     pg.zeros(1, 3, 1):squeeze(1).shape  --> (3, 1)
---@param axis? integer
---@return perigee.array
function array:squeeze(axis) end

--- Returns a view with a new axis of length 1 at `axis`; -1 puts it last.
---
---     pg.zeros(3, 4):expand_dims(1).shape  --> (1, 3, 4)
---     pg.zeros(3, 4):expand_dims(-1).shape  --> (3, 4, 1)
---@param axis integer
---@return perigee.array
function array:expand_dims(axis) end

--- Returns a view in reverse order along an axis, or along all axes.
---
---     pg.array{{1, 2}, {3, 4}}:flip(1)
---     --> [[3., 4.],
---     -->  [1., 2.]] float64 (2, 2)
---@param axis? integer
---@return perigee.array
function array:flip(axis) end

--- Returns the elements in row-major order along one axis: a view if possible, else a copy.
---
---     pg.array{{1, 2}, {3, 4}}:ravel()  --> [1., 2., 3., 4.] float64 (4,)
---@return perigee.array
function array:ravel() end

--- Joins the axes from `first` on to one: a view if possible, else a copy, as torch.flatten.
---
---     pg.zeros(60, 28, 28):flatten(2).shape  --> (60, 784)
---     pg.zeros(60, 28, 28):flatten().shape  --> (47040,)
---@param first? integer  default 1
---@return perigee.array
function array:flatten(first) end

--- Cuts an axis into parts, and returns a list of views, as numpy.array_split.
--- A number is how many parts there are, as equal as possible: the first ones are longer by one.
--- A table has the positions at which further parts begin.
---
---     parts = pg.range(1, 7):array_split(3)
---     parts[1]  --> [1, 2, 3] int64 (3,)
---     parts[3]  --> [6, 7] int64 (2,)
---     first, rest = table.unpack(pg.range(1, 7):array_split{6})
---     rest  --> [6, 7] int64 (2,)
---@param parts integer|perigee.like  a number, or positions; beyond the ends parts are empty
---@param axis? integer  default 1
---@return perigee.array[]
function array:array_split(parts, axis) end

--- Returns a copy with each element repeated, or each part along an axis.
--- Named as in PyTorch; it is numpy.repeat.
---
---     pg.range(1, 2):repeat_interleave(3)  --> [1, 1, 1, 2, 2, 2] int64 (6,)
---     pg.array{{1, 2}, {3, 4}}:repeat_interleave({2, 1}, 1)
---     --> [[1., 2.],
---     -->  [1., 2.],
---     -->  [3., 4.]] float64 (3, 2)
---@param counts perigee.like  integers from 0: one for all, or one for each
---@param axis? integer  default: all elements in row-major order
---@return perigee.array
function array:repeat_interleave(counts, axis) end

--- Returns the array repeated as a whole along its axes, as numpy.tile.
--- Axes that the array or the repeats lack count as 1, in front.
---
---     pg.array{1, 2}:tile(3)  --> [1., 2., 1., 2., 1., 2.] float64 (6,)
---     pg.array{1, 2}:tile(2, 1)
---     --> [[1., 2.],
---     -->  [1., 2.]] float64 (2, 2)
---@param ... integer|integer[]  how many times along each axis
---@return perigee.array
function array:tile(...) end

--- Returns a copy with further elements around it, as numpy.pad.
--- Mode "constant" writes `value`, "edge" the nearest element, "reflect" the elements mirrored at
--- the first and the last.
---
---     pg.array{1, 2, 3}:pad(2)  --> [0., 0., 1., 2., 3., 0., 0.] float64 (7,)
---     pg.range(1, 3):pad({0, 2}, {mode = "reflect"})
---     --> [1, 2, 3, 2, 1] int64 (5,)
---     pg.ones(2, 2):pad({{1, 0}, {0, 1}}, {value = 7})
---     --> [[7., 7., 7.],
---     -->  [1., 1., 7.],
---     -->  [1., 1., 7.]] float64 (3, 3)
---@param widths integer|integer[]|integer[][]  a number or {before, after} for all axes, or a
---   table of {before, after} for each
---@param options? table  mode = "constant" (or "edge", "reflect"); value = 0
---@return perigee.array
function array:pad(widths, options) end

--- Returns a square matrix with a vector on its diagonal, or a copy of a matrix's diagonal.
---
---     pg.diag{1, 2}
---     --> [[1., 0.],
---     -->  [0., 2.]] float64 (2, 2)
---     pg.array{{1, 2}, {3, 4}}:diag()  --> [1., 4.] float64 (2,)
---     pg.array{{1, 2}, {3, 4}}:diag(1)  --> [2.] float64 (1,)
---@param k? integer  places above the main diagonal, below it if negative (default 0)
---@return perigee.array
function array:diag(k) end

--- Returns a copy with zeros above a diagonal of its last two axes.
---
---     pg.ones(3, 3):tril()
---     --> [[1., 0., 0.],
---     -->  [1., 1., 0.],
---     -->  [1., 1., 1.]] float64 (3, 3)
---@param k? integer  places of the diagonal above the main one, below it if negative (default 0)
---@return perigee.array
function array:tril(k) end

--- Returns a copy with zeros below a diagonal of its last two axes.
---
---     pg.ones(3, 3):triu(1)
---     --> [[0., 1., 1.],
---     -->  [0., 0., 1.],
---     -->  [0., 0., 0.]] float64 (3, 3)
---@param k? integer  places of the diagonal above the main one, below it if negative (default 0)
---@return perigee.array
function array:triu(k) end

--- Returns a copy in another dtype.
--- Floats are rounded toward zero, integers wrap, and every number but 0 becomes true.
---
---     pg.array{-1.7, 0, 2.9}:astype "int32"  --> [-1,  0,  2] int32 (3,)
---     pg.array{-1.7, 0, 2.9}:astype "bool"  --> [ true, false,  true] bool (3,)
---@param dtype perigee.dtype
---@return perigee.array
function array:astype(dtype) end

--- Returns a C-contiguous copy, which shares no elements.
---
---     a = pg.array{1, 2, 3}
---     b = a:copy():fill_(0)
---     a, b  --> [1., 2., 3.] float64 (3,)  [0., 0., 0.] float64 (3,)
---@return perigee.array
function array:copy() end

--- Returns the CRC-32 of dtype, shape and elements. Views of equal numbers have the same, on every
--- machine.
---
---     a = pg.array{{1, 2}, {3, 4}}
---     a:checksum() == a.T.T:checksum()  --> true
---     a:checksum() == a.T:checksum()  --> false
---@return integer
function array:checksum() end

--- Returns the elements as nested tables; of rank 0, the element. uint64 from 2^63 on gives floats.
---
---     pg.array{{1, 2}, {3, 4}}:tolist()[2][1]  --> 3.0
---@return table|number|boolean
function array:tolist() end

--- Returns the element of an array of size 1. Raises for any other size.
--- A uint64 from 2^63 on is a float, rounded.
---
---     pg.array{{7}}:item()  --> 7.0
---     large = pg.array({2^63}, "uint64")
---     large  --> [9223372036854775808] uint64 (1,)
---     large:item()  --> 9.2233720368548e+18
---@return number|boolean
function array:item() end

--- Frees the array at once, without waiting for the garbage collector. The elements are freed with
--- their last view. Any use of a freed array raises.
---
---     big = pg.zeros(1000, 1000)
---     big:free()  -- 8 MB, at once
---     big  --> array (freed)
function array:free() end

-- --- elements ------------------------------------------------------------------

--- Returns the element at a position of each axis; with fewer positions, a view of the other axes.
--- A uint64 from 2^63 on is a float, rounded.
---
---     a = pg.array{{1, 2, 3}, {4, 5, 6}}
---     a:get(2, 3)  --> 6.0
---     a:get(-1)  --> [4., 5., 6.] float64 (3,)
---@param ... integer
---@return number|boolean|perigee.array
function array:get(...) end

--- Writes a value at a position of each axis, and returns the array. See `get`.
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

--- Returns a view of rows `first` to `last`, both included.
---
---     pg.range(1, 6):reshape(3, 2):rows(2, 3)
---     --> [[3, 4],
---     -->  [5, 6]] int64 (2, 2)
---     pg.zeros(5, 4):rows(1).shape  --> (1, 4)
---@param first integer
---@param last? integer  default `first`
---@return perigee.array
function array:rows(first, last) end

--- Returns a view of columns `first` to `last` (of the second axis), both included.
---
---     pg.range(1, 6):reshape(2, 3):cols(2, 3)
---     --> [[2, 3],
---     -->  [5, 6]] int64 (2, 2)
---@param first integer
---@param last? integer  default `first`
---@return perigee.array
function array:cols(first, last) end

--- Returns a copy of the elements at some positions of an axis. Positions may repeat, and count
--- from -1 at the end. Their shape replaces the axis in the shape of the result. Raises for a
--- position beyond the ends.
---
---     pg.array{10, 20, 30}:take{3, 1, 1, -1}
---     --> [30., 10., 10., 30.] float64 (4,)
---     pg.range(1, 6):reshape(2, 3):take({3, 1}, 2)
---     --> [[3, 1],
---     -->  [6, 4]] int64 (2, 2)
---@param positions perigee.like  integers
---@param axis? integer  default 1
---@return perigee.array
function array:take(positions, axis) end

--- Returns a copy of the parts where the mask is true, as `a[mask]` does.
--- A mask has the lengths of the first axes; it picks the parts along the other axes, in row-major
--- order. Raises if the shapes don't fit. `a[mask] = value` writes.
---
---     a = pg.array{3, -1, 4, -1, 5}
---     a:masked(a:gt(0))  --> [3., 4., 5.] float64 (3,)
---@param mask perigee.like  bool
---@return perigee.array
function array:masked(mask) end

--- Returns the positions of the elements that aren't 0: an array for each axis, in row-major order.
--- The elements themselves are `a[a:ne(0)]`; `a:argwhere()` has a row of positions for each. An
--- index takes one array: `a[a:nonzero()]` of a matrix is `a[rows]`, whole rows.
---
---     rows, columns = pg.array{{0, 5}, {6, 0}}:nonzero()
---     rows  --> [1, 2] int64 (2,)
---     columns  --> [2, 1] int64 (2,)
---     pg.array{3, 0, 4}:gt(0):nonzero()  --> [1, 3] int64 (2,)
---@return perigee.array ...  # int64 (n), as many as there are axes
function array:nonzero() end

--- Returns the positions of the elements that aren't 0, one row for each, in row-major order.
---
---     pg.array{{0, 5}, {6, 0}}:argwhere()
---     --> [[1, 2],
---     -->  [2, 1]] int64 (2, 2)
---@return perigee.array  # int64 (n, rank)
function array:argwhere() end

-- --- elementwise -----------------------------------------------------------------

--- Compares each element with b: true where it is greater. Also `pg.gt(a, b)`.
---
---     pg.array{1, 2, 3}:gt(2)  --> [false, false,  true] bool (3,)
---     pg.array{1, 2, 3}:gt(2):sum()  --> 1
---@param b perigee.like
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array  # bool
function array:gt(b, options) end

--- Compares each element with b: true where it is greater or equal.
---
---     pg.array{1, 2, 3}:ge(2)  --> [false,  true,  true] bool (3,)
---@param b perigee.like
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array  # bool
function array:ge(b, options) end

--- Compares each element with b: true where it is less.
---
---     pg.array{1, 2, 3}:lt{3, 2, 1}  --> [ true, false, false] bool (3,)
---@param b perigee.like
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array  # bool
function array:lt(b, options) end

--- Compares each element with b: true where it is less or equal.
---
---     pg.array{1, 2, 3}:le{3, 2, 1}  --> [ true,  true, false] bool (3,)
---@param b perigee.like
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array  # bool
function array:le(b, options) end

--- Compares each element with b: true where they are equal. (`==` compares objects.)
---
---     pg.array{7, 2, 1}:eq{7, 3, 1}  --> [ true, false,  true] bool (3,)
---@param b perigee.like
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array  # bool
function array:eq(b, options) end

--- Compares each element with b: true where they differ.
---
---     pg.array{7, 2, 1}:ne{7, 3, 1}  --> [false,  true, false] bool (3,)
---@param b perigee.like
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array  # bool
function array:ne(b, options) end

--- Returns the smaller of each pair of elements; NaN if either is.
---
---     pg.array{1, 5, 3}:minimum(3)  --> [1., 3., 3.] float64 (3,)
---@param b perigee.like
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:minimum(b, options) end

--- Returns the greater of each pair of elements; NaN if either is.
---
---     pg.array{-2, 0, 2}:maximum(0)  --> [0., 0., 2.] float64 (3,)
---@param b perigee.like
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:maximum(b, options) end

--- Returns the absolute value of each element. The least signed integer wraps to itself.
---
---     pg.array{-1.5, 2, -3}:abs()  --> [1.5, 2. , 3. ] float64 (3,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:abs(options) end

--- Returns the sign of each element: -1, 0 or 1, or NaN of NaN, in the same dtype; bool has none.
---
---     pg.array{-1.5, 0, 3}:sign()  --> [-1.,  0.,  1.] float64 (3,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:sign(options) end

--- Returns the square of each element in the same dtype, int8 of bool. Integers wrap.
---
---     pg.array{-1.5, 0, 3}:square()  --> [2.25, 0.  , 9.  ] float64 (3,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:square(options) end

--- Returns the greater of each element and 0, in the same dtype. NaN stays NaN.
---
---     pg.array{-1.5, 0, 3}:relu()  --> [0., 0., 3.] float64 (3,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:relu(options) end

--- Returns each element, but those below 0 times the slope, as torch.nn.functional.leaky_relu. NaN
--- stays NaN. Integers give float64.
---
---     pg.array{-2, 0, 3}:leaky_relu()  --> [-0.02,  0.  ,  3.  ] float64 (3,)
---     pg.array{-2, 0, 3}:leaky_relu(0.5)  --> [-1.,  0.,  3.] float64 (3,)
---@param slope? number  default 0.01
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:leaky_relu(slope, options) end

--- Returns the exact gelu of each element: x times the probability that a standard normal number
--- is below x, as torch.nn.functional.gelu by default. Small results of negative elements are as
--- precise as others; that of -inf is -0. Integers give float64.
---
---     pg.array{-1, 0, 1}:gelu()
---     --> [-0.15865525,  0.        ,  0.84134475] float64 (3,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:gelu(options) end

--- Returns e to the power of each element, within 1 ulp. Integers give float64.
---
--- `out` takes the result in the place of a new array, here and in all functions of elements: it
--- has exactly the result's shape, a dtype that the result can be cast to (float64 to float32,
--- not to int64), and is returned. It may share its elements with the operands.
---
---     pg.array{0, 1, 2}:exp()
---     --> [1.        , 2.71828183, 7.3890561 ] float64 (3,)
---     1 / (1 + pg.exp(-pg.array{0, 2}))
---     --> [0.5       , 0.88079708] float64 (2,)
---     b = pg.zeros(2)
---     pg.exp({0, 1}, {out = b})
---     b  --> [1.        , 2.71828183] float64 (2,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:exp(options) end

--- Returns exp(x) - 1 of each element, precise near 0, too. Integers give float64.
---
---     pg.array{0, 1e-10}:expm1()  --> [0.e+00, 1.e-10] float64 (2,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:expm1(options) end

--- Returns the natural logarithm of each element: -inf of 0, NaN below 0. Integers give float64.
---
---     pg.array{1, 2, 4}:log()
---     --> [0.        , 0.69314718, 1.38629436] float64 (3,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:log(options) end

--- Returns log(1 + x) of each element, precise near 0, too. Integers give float64.
---
---     pg.array{0, 1e-10}:log1p()  --> [0.e+00, 1.e-10] float64 (2,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:log1p(options) end

--- Returns the logarithm to the base 2 of each element. Integers give float64.
---
---     pg.array{1, 2, 8}:log2()  --> [0., 1., 3.] float64 (3,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:log2(options) end

--- Returns the logarithm to the base 10 of each element. Integers give float64.
---
---     pg.array{1, 10, 1000}:log10()  --> [0., 1., 3.] float64 (3,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:log10(options) end

--- Returns the square root of each element: NaN below 0. Integers give float64.
---
---     pg.array{1, 2, 4}:sqrt()
---     --> [1.        , 1.41421356, 2.        ] float64 (3,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:sqrt(options) end

--- Returns the sine of each element, an angle in radians, within 2 ulp. Integers give float64.
---
---     pg.array{0, math.pi / 2}:sin()  --> [0., 1.] float64 (2,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:sin(options) end

--- Returns the cosine of each element, an angle in radians, within 2 ulp. Integers give float64.
---
---     pg.array{0, math.pi}:cos()  --> [ 1., -1.] float64 (2,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:cos(options) end

--- Returns the tangent of each element, an angle in radians, within 3 ulp. Integers give float64.
---
---     pg.array{0, math.pi / 4}:tan()  --> [0., 1.] float64 (2,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:tan(options) end

--- Returns the hyperbolic tangent of each element. Integers give float64.
---
---     pg.array{-1, 0, 1}:tanh()
---     --> [-0.76159416,  0.        ,  0.76159416] float64 (3,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:tanh(options) end

--- Returns the logistic function 1 / (1 + exp(-x)) of each element. Integers give float64.
---
---     pg.array{-2, 0, 2}:sigmoid()
---     --> [0.11920292, 0.5       , 0.88079708] float64 (3,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:sigmoid(options) end

--- Returns exp(x - max) / sum(exp(x - max)) along an axis. Integers give float64.
---
---     pg.array{{1, 1}, {0, 2}}:softmax()
---     --> [[0.5       , 0.5       ],
---     -->  [0.11920292, 0.88079708]] float64 (2, 2)
---@param axis? integer  default the last
---@return perigee.array
function array:softmax(axis) end

--- Returns the logarithm of `softmax` along an axis: x - max - log(sum(exp(x - max))). It is
--- precise where softmax is next to 0. NaN where all elements are -inf, or one is inf. Integers
--- give float64.
---
---     pg.array{{0, 0}, {0, 2}}:log_softmax()
---     --> [[-0.69314718, -0.69314718],
---     -->  [-2.12692801, -0.12692801]] float64 (2, 2)
---@param axis? integer  default the last
---@return perigee.array  # of the same shape
function array:log_softmax(axis) end

--- Rounds each element down to an integer, in the same dtype.
---
---     pg.array{-1.5, 1.5}:floor()  --> [-2.,  1.] float64 (2,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:floor(options) end

--- Rounds each element up to an integer, in the same dtype.
---
---     pg.array{-1.5, 1.5}:ceil()  --> [-1.,  2.] float64 (2,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:ceil(options) end

--- Rounds each element to a number of decimals, halves to the even one, in the same dtype.
---
---     pg.array{0.125, 1.5, 2.5}:round()  --> [0., 2., 2.] float64 (3,)
---     pg.array{0.125, 1.5, 2.5}:round(1)  --> [0.1, 1.5, 2.5] float64 (3,)
---@param decimals? integer  default 0; -2 rounds to hundreds
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:round(decimals, options) end

--- Tests each element: true where it is NaN.
---
---     (pg.array{0, 1} / 0):isnan()  --> [ true, false] bool (2,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array  # bool
function array:isnan(options) end

--- Tests each element: true where it is neither infinite nor NaN.
---
---     (pg.array{0, 1, 2} / pg.array{0, 0, 1}):isfinite()
---     --> [false, false,  true] bool (3,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array  # bool
function array:isfinite(options) end

--- Tests each element: true where it is inf or -inf.
---
---     (pg.array{0, 1, 2} / pg.array{0, 0, 1}):isinf()
---     --> [false,  true, false] bool (3,)
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array  # bool
function array:isinf(options) end

--- Limits each element to at least `low` and at most `high`; either may be nil.
---
---     pg.array{-2, 0.5, 3}:clip(0, 1)  --> [0. , 0.5, 1. ] float64 (3,)
---     pg.array{-2, 0.5, 3}:clip(nil, 1)  --> [-2. ,  0.5,  1. ] float64 (3,)
---@param low? perigee.like
---@param high? perigee.like
---@param options? table  out (array of the result's shape that takes the result)
---@return perigee.array
function array:clip(low, high, options) end

--- Tells if |a - b| <= atol + rtol |b| for all elements. NaN is close to nothing.
---
---     pg.array{0.1, 0.2}:allclose{0.1, 0.2000001}  --> true
---     pg.array{0.1, 0.2}:allclose({0.1, 0.201}, 0, 0.01)  --> true
---@param b perigee.like
---@param rtol? number  default 1e-5
---@param atol? number  default 1e-8
---@return boolean
function array:allclose(b, rtol, atol) end

--- Tells if two arrays have one shape and equal elements, as numpy.array_equal.
---
---     pg.range(1, 3):array_equal{1, 2, 3}  --> true
---     pg.zeros(2):array_equal(pg.zeros(1))  --> false
---@param b perigee.like
---@param options? table  equal_nan = false (or true: NaN is equal to NaN)
---@return boolean
function array:array_equal(b, options) end

-- --- in place ----------------------------------------------------------------------

--- Adds b to the array in place, and returns the array. b broadcasts.
--- Raises if the array's dtype can't hold the kind of the result, such as floats in an int64 array.
---
---     pg.zeros(2, 3):add_{1, 2, 3}
---     --> [[1., 2., 3.],
---     -->  [1., 2., 3.]] float64 (2, 3)
---@param b perigee.like
---@return perigee.array
function array:add_(b) end

--- Subtracts b from the array in place, and returns the array. See `add_`.
---
---     pg.ones(3):sub_{1, 2, 3}  --> [ 0., -1., -2.] float64 (3,)
---@param b perigee.like
---@return perigee.array
function array:sub_(b) end

--- Multiplies the array by b in place, and returns the array. See `add_`.
---
---     pg.array{1, 2, 3}:mul_(10)  --> [10., 20., 30.] float64 (3,)
---@param b perigee.like
---@return perigee.array
function array:mul_(b) end

--- Divides an array of floats by b in place, and returns the array. See `add_`.
---
---     pg.array{1, 2, 3}:div_(10)  --> [0.1, 0.2, 0.3] float64 (3,)
---@param b perigee.like
---@return perigee.array
function array:div_(b) end

--- Sets every element to a value, and returns the array.
--- Raises for a number that the dtype can't hold.
---
---     pg.zeros(2, 2, "uint8"):fill_(255)
---     --> [[255, 255],
---     -->  [255, 255]] uint8 (2, 2)
---@param value number|boolean
---@return perigee.array
function array:fill_(value) end

--- Adds alpha * x to an array of floats in place, and returns the array. x broadcasts.
---
---     pg.array{1, 2, 3}:axpy_(-0.5, {2, 2, 2})  --> [0., 1., 2.] float64 (3,)
---@param alpha number
---@param x perigee.like
---@return perigee.array
function array:axpy_(alpha, x) end

-- --- reductions and products ----------------------------------------------------------

--- Returns the sum of all elements, a number, or the sums along an axis, an array.
--- bool and signed integers give int64, unsigned integers uint64. Floats keep their dtype; they are
--- added pairwise in float64 (Higham, "The accuracy of floating point summation", 1993).
---
---     a = pg.array{{1, 2, 3}, {4, 5, 6}}
---     a:sum()  --> 21.0
---     a:sum(1)  --> [5., 7., 9.] float64 (3,)
---     a:sum(2, {keep = true})
---     --> [[ 6.],
---     -->  [15.]] float64 (2, 1)
---     pg.ones(2, 3, 4):sum{1, 3}  --> [8., 8., 8.] float64 (3,)
---@param axis? integer|integer[]  from 1, or from -1 at the end; a list of one or more;
---   `sum(1)` adds up the rows
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis
---@return number|perigee.array
function array:sum(axis, options) end

--- Returns the mean of all elements, or along an axis; NaN of no elements. Integers give float64.
---
---     a = pg.array{{1, 2, 3}, {4, 5, 6}}
---     a:mean()  --> 3.5
---     a:mean(1)  --> [2.5, 3.5, 4.5] float64 (3,)
---@param axis? integer|integer[]  from 1, or from -1 at the end; a list of one or more
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis
---@return number|perigee.array
function array:mean(axis, options) end

--- Returns the standard deviation of all elements, or along an axis. It is the population's,
--- sqrt(mean((a - mean)^2)); with `ddof` the sum is divided by n - ddof. Integers give float64.
---
---     pg.array{2, 4, 4, 4, 5, 5, 7, 9}:std()  --> 2.0
---     pg.array{2, 4, 6}:std{ddof = 1}  --> 2.0
---@param axis? integer|integer[]  from 1, or from -1 at the end; a list of one or more
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis;
---   ddof = 0 (the sum of squares is divided by n - ddof)
---@return number|perigee.array
function array:std(axis, options) end

--- Returns the variance of all elements, or along an axis. It is the population's,
--- mean((a - mean)^2); with `ddof` the sum is divided by n - ddof. Integers give float64.
---
---     pg.array{2, 4, 4, 4, 5, 5, 7, 9}:var()  --> 4.0
---     pg.array{2, 4, 6}:var{ddof = 1}  --> 4.0
---@param axis? integer|integer[]  from 1, or from -1 at the end; a list of one or more
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis;
---   ddof = 0 (the sum of squares is divided by n - ddof)
---@return number|perigee.array
function array:var(axis, options) end

--- Returns the Euclidean norm sqrt(sum(a^2)) of all elements, or along an axis. Integers give
--- float64.
---
---     pg.array{{3, 4}, {6, 8}}:norm(2)  --> [ 5., 10.] float64 (2,)
---@param axis? integer|integer[]  from 1, or from -1 at the end; a list of one or more
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis
---@return number|perigee.array
function array:norm(axis, options) end

--- Tells if any element is other than 0, as NaN is; false of no elements.
---
---     pg.array{{0, 1}, {0, 0}}:any()  --> true
---     pg.array{{0, 1}, {0, 0}}:any(2)  --> [ true, false] bool (2,)
---@param axis? integer|integer[]  from 1, or from -1 at the end; a list of one or more
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis
---@return boolean|perigee.array
function array:any(axis, options) end

--- Tells if all elements are other than 0, as NaN is; true of no elements.
---
---     pg.array{{0, 1}, {1, 1}}:all()  --> false
---     pg.array{{0, 1}, {1, 1}}:all(2)  --> [false,  true] bool (2,)
---@param axis? integer|integer[]  from 1, or from -1 at the end; a list of one or more
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis
---@return boolean|perigee.array
function array:all(axis, options) end

--- Returns the least element, or those along an axis; NaN if there is one. Raises for no elements.
---
---     pg.array{{3, 1}, {2, 5}}:min()  --> 1.0
---     pg.array{{3, 1}, {2, 5}}:min(1)  --> [2., 1.] float64 (2,)
---@param axis? integer|integer[]  from 1, or from -1 at the end; a list of one or more
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis
---@return number|boolean|perigee.array
function array:min(axis, options) end

--- Returns the greatest element, or those along an axis; NaN if there is one. Raises for no
--- elements.
---
---     pg.array{{3, 1}, {2, 5}}:max()  --> 5.0
---     pg.array{{3, 1}, {2, 5}}:max(1)  --> [3., 5.] float64 (2,)
---@param axis? integer|integer[]  from 1, or from -1 at the end; a list of one or more
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis
---@return number|boolean|perigee.array
function array:max(axis, options) end

--- Returns the position of the least element, or of the first NaN. See `argmax`.
---
---     pg.array{3, 1, 2}:argmin()  --> 2
---@param axis? integer  from 1, or from -1 at the end
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis
---@return integer|perigee.array  # int64
function array:argmin(axis, options) end

--- Returns the position, from 1, of the greatest element, or of the first NaN. Without an axis it
--- counts in row-major order. Of equal elements the first is taken. Raises for no elements.
---
---     a = pg.array{{3, 9}, {2, 5}}
---     a:argmax()  --> 2
---     a:argmax(2)  --> [2, 2] int64 (2,)
---@param axis? integer  from 1, or from -1 at the end
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis
---@return integer|perigee.array  # int64
function array:argmax(axis, options) end

--- Returns the product of all elements, or along an axis; 1 of no elements. Dtypes are those of
--- `sum`.
---
---     pg.array{{1, 2}, {3, 4}}:prod()  --> 24.0
---     pg.array{{1, 2}, {3, 4}}:prod(1)  --> [3., 8.] float64 (2,)
---@param axis? integer|integer[]  from 1, or from -1 at the end; a list of one or more
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis
---@return number|perigee.array
function array:prod(axis, options) end

--- Returns the greatest element minus the least, of all or along an axis. NaN if there is one.
--- Integers keep their dtype, and wrap. Raises for no elements, and for bool.
---
---     pg.array{3, 1, 7}:ptp()  --> 6.0
---@param axis? integer|integer[]  from 1, or from -1 at the end; a list of one or more
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis
---@return number|perigee.array
function array:ptp(axis, options) end

--- Returns `sum`, with NaN counted as 0.
---
---     pg.array{1, 0/0, 2}:nansum()  --> 3.0
---@param axis? integer|integer[]  from 1, or from -1 at the end; a list of one or more
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis
---@return number|perigee.array
function array:nansum(axis, options) end

--- Returns the mean of the elements that aren't NaN; NaN where there are none.
---
---     pg.array{1, 0/0, 2}:nanmean()  --> 1.5
---@param axis? integer|integer[]  from 1, or from -1 at the end; a list of one or more
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis
---@return number|perigee.array
function array:nanmean(axis, options) end

--- Counts the elements other than 0, of all or along an axis. NaN counts.
---
---     a = pg.array{{0, 1}, {2, 3}}
---     a:count_nonzero()  --> 3
---     a:gt(1):count_nonzero(2)  --> [0, 2] int64 (2,)
---@param axis? integer|integer[]  from 1, or from -1 at the end; a list of one or more
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis
---@return integer|perigee.array  # int64
function array:count_nonzero(axis, options) end

--- Returns log(sum(exp(x))) along axes, by default the last one, without overflow. -inf where all
--- elements are -inf, and of none; NaN where one is NaN. Integers give float64. Raises for rank 0.
---
---     pg.array{{0, 0}, {9, 9}}:logsumexp()
---     --> [0.69314718, 9.69314718] float64 (2,)
---     pg.array{{0, 0}, {0, 0}}:logsumexp{keep = true}.shape  --> (2, 1)
---     ("%.4f"):format(pg.logsumexp{0, 0})  --> 0.6931
---@param axis? integer|integer[]|table  default the last; the options may stand in its place
---@param keep? boolean|table  keeps the axes with length 1; or options: keep = false
---@return perigee.array|number
function array:logsumexp(axis, keep) end

--- Returns the middle element in ascending order, or the mean of the two in the middle.
--- NaN if there is one, or if there are no elements. Float32 keeps its dtype, others give float64.
---
---     pg.array{3, 1, 2}:median()  --> 2.0
---     pg.array{{1, 2}, {3, 4}}:median(1)  --> [2., 3.] float64 (2,)
---@param axis? integer|integer[]  from 1, or from -1 at the end; a list of one or more
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis
---@return number|perigee.array
function array:median(axis, options) end

--- Returns the quantiles of all elements, or along an axis. Between two elements it interpolates
--- linearly, as NumPy does by default. NaN if there is one among the elements.
---
--- A list or an array of q gives a result for each, along axes that come first. Float32 keeps its
--- dtype, others give float64. Raises for no elements, and for a q that isn't 0 to 1.
---
---     a = pg.array{1, 2, 3, 4}
---     a:quantile(0.5)  --> 2.5
---     a:quantile{0, 0.25, 1}  --> [1.  , 1.75, 4.  ] float64 (3,)
---     pg.array{{1, 2}, {3, 4}}:quantile(0.5, 2)  --> [1.5, 3.5] float64 (2,)
---@param q perigee.like  0 to 1
---@param axis? integer|integer[]  from 1, or from -1 at the end; a list of one or more
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis
---@return number|perigee.array
function array:quantile(q, axis, options) end

--- Returns `quantile(q / 100)`: q is 0 to 100.
---
---     pg.range(0, 10):percentile{25, 50}  --> [2.5, 5. ] float64 (2,)
---@param q perigee.like  0 to 100
---@param axis? integer|integer[]  from 1, or from -1 at the end; a list of one or more
---@param options? table|boolean  keep = false (axes keep length 1), or true behind an axis
---@return number|perigee.array
function array:percentile(q, axis, options) end

--- Returns the running sums along an axis; without one, of all elements in row-major order.
--- Floats are added in float64 and keep their dtype; other dtypes give those of `sum`.
---
---     pg.array{1, 2, 3, 4}:cumsum()  --> [ 1.,  3.,  6., 10.] float64 (4,)
---     pg.array{{1, 2}, {3, 4}}:cumsum(1)
---     --> [[1., 2.],
---     -->  [4., 6.]] float64 (2, 2)
---@param axis? integer
---@return perigee.array
function array:cumsum(axis) end

--- Returns the running products along an axis; without one, of all elements in row-major order.
--- Floats are multiplied in float64 and keep their dtype; other dtypes give those of `prod`.
---
---     pg.array{1, 2, 3, 4}:cumprod()  --> [ 1.,  2.,  6., 24.] float64 (4,)
---@param axis? integer
---@return perigee.array
function array:cumprod(axis) end

--- Returns each element minus the one before it, along an axis. Integers wrap; bools give true
--- where two differ.
---
---     pg.array{1, 2, 4, 8}:diff()  --> [1., 2., 4.] float64 (3,)
---     pg.array{1, 2, 4, 8}:diff(2)  --> [1., 2.] float64 (2,)
---@param n? integer  the number of times (1); each makes the axis shorter by 1
---@param axis? integer  default the last
---@return perigee.array
function array:diff(n, axis) end

--- Returns a copy in ascending order along an axis. NaN comes last.
---
---     pg.array{3, 1, 2}:sort()  --> [1., 2., 3.] float64 (3,)
---     pg.array{{3, 1}, {2, 5}}:sort(1)
---     --> [[2., 1.],
---     -->  [3., 5.]] float64 (2, 2)
---@param axis? integer  default the last
---@return perigee.array
function array:sort(axis) end

--- Returns the positions that sort the elements along an axis, from 1.
--- Equal elements keep their order. NaN comes last.
---
---     a = pg.array{30, 10, 20}
---     a:argsort()  --> [2, 3, 1] int64 (3,)
---     a:take(a:argsort())  --> [10., 20., 30.] float64 (3,)
---@param axis? integer  default the last
---@return perigee.array  # int64
function array:argsort(axis) end

--- Returns the k greatest elements along an axis, the greatest first, and their positions.
--- Equal elements keep their order. NaN is greater than all others, as in PyTorch.
---
---     values, positions = pg.array{3, 9, 5}:topk(2)
---     values  --> [9., 5.] float64 (2,)
---     positions  --> [2, 3] int64 (2,)
---     pg.array{3, 9, 5}:topk(1, {largest = false})
---     --> [3.] float64 (1,)  [1] int64 (1,)
---@param k integer  at most the axis's length
---@param axis? integer  default: the last
---@param options? table  largest = true (or false: the k least, the least first)
---@return perigee.array values
---@return perigee.array positions  # int64
function array:topk(k, axis, options) end

--- Returns the distinct elements in ascending order, as an array of rank 1. Of several NaN one is
--- kept, at the end.
---
---     pg.array{2, 1, 2, 3, 1}:unique()  --> [1., 2., 3.] float64 (3,)
---@return perigee.array
function array:unique() end

--- Returns the covariances of variables, which are the rows; a vector is one variable. Of one
--- variable it is a number. Results are float64.
---
---     a = pg.array{{0, 1, 2}, {2, 1, 0}}
---     a:cov()
---     --> [[ 1., -1.],
---     -->  [-1.,  1.]] float64 (2, 2)
---     pg.cov({1, 2, 3}, {ddof = 0})  --> 0.66666666666667
---@param b? perigee.like  more variables, behind those of a
---@param options? table  rowvar = true (or false: columns are variables);
---   ddof = 1 (divides by n - ddof)
---@return number|perigee.array  # (n, n)
function array:cov(b, options) end

--- Returns the correlation coefficients of variables, which are the rows. See `cov`. NaN for a
--- variable that is constant.
---
---     pg.corrcoef({1, 2, 3}, {2, 4, 7})
---     --> [[1.        , 0.99339927],
---     -->  [0.99339927, 1.        ]] float64 (2, 2)
---@param b? perigee.like  more variables, behind those of a
---@param options? table  rowvar = true (or false: columns are variables)
---@return number|perigee.array  # (n, n)
function array:corrcoef(b, options) end

--- Returns the sums of products of windows of images with kernels. As in
--- torch.nn.functional.conv2d a window begins at each pixel, or at each `stride`-th one, and the
--- kernels are not flipped. There are (height + 2 padding - kernel height) / stride + 1 windows
--- down, rounded down, and likewise across; pixels outside of the image are 0. float32 stays
--- float32, other dtypes give float64; the bits don't depend on the number of threads.
---
---     x = pg.range(1, 9):reshape(1, 1, 3, 3)
---     x:conv2d{{{{1, 0}, {0, -1}}}}
---     --> [[[[-4., -4.],
---     -->    [-4., -4.]]]] float64 (1, 1, 2, 2)
---     x:conv2d(pg.ones(8, 1, 3, 3), {padding = 1}).shape  --> (1, 8, 3, 3)
---@param kernels perigee.like  (outputs, channels, height, width); a: (n, channels, height, width)
---@param options? table  stride = 1; padding = 0: pixels, or {down, across}
---@return perigee.array  # (n, outputs, windows down, windows across)
function array:conv2d(kernels, options) end

--- Returns the greatest pixel of each window of images, as torch.nn.functional.max_pool2d.
--- Windows of `size` pixels, or {down, across}, begin at each `stride`-th pixel. The padding is at
--- most half of the size; it adds no pixels, but windows that begin outside. NaN of a window with
--- NaN. float32 stays float32, other dtypes give float64.
---
---     x = pg.range(1, 16):reshape(1, 1, 4, 4)
---     x:max_pool2d(2)
---     --> [[[[ 6.,  8.],
---     -->    [14., 16.]]]] float64 (1, 1, 2, 2)
---     x:max_pool2d(3, {stride = 1}).shape  --> (1, 1, 2, 2)
---@param size integer|integer[]  pixels, or {down, across}; a is (n, channels, height, width)
---@param options? table  stride = size; padding = 0: pixels, or {down, across}
---@return perigee.array  # (n, channels, windows down, windows across)
function array:max_pool2d(size, options) end

--- Returns the mean of each window of images, as torch.nn.functional.avg_pool2d. See `max_pool2d`;
--- here pixels of the padding count as 0.
---
---     x = pg.range(1, 16):reshape(1, 1, 4, 4)
---     x:avg_pool2d(2)
---     --> [[[[ 3.5,  5.5],
---     -->    [11.5, 13.5]]]] float64 (1, 1, 2, 2)
---@param size integer|integer[]  pixels, or {down, across}; a is (n, channels, height, width)
---@param options? table  stride = size; padding = 0: pixels, or {down, across}
---@return perigee.array  # (n, channels, windows down, windows across)
function array:avg_pool2d(size, options) end

--- Counts how often 0, 1, 2 ... are among integers from 0, as numpy.bincount: labels, say.
--- The count of 0 is at position 1. With weights, it adds up the weights of each value.
---
---     pg.bincount{0, 1, 1, 3}  --> [1, 2, 0, 1] int64 (4,)
---     pg.bincount({1, 1}, {minlength = 3})  --> [0, 2, 0] int64 (3,)
---     pg.bincount({0, 1, 1}, {0.5, 1, 2})  --> [0.5, 3. ] float64 (2,)
---@param weights? perigee.like  (n), as many as there are values
---@param options? table  minlength = 0 (the least length of the result)
---@return perigee.array  # int64, or float64 with weights
function array:bincount(weights, options) end

--- Returns the matrix of products a[i] b[j] of all elements of both, in row-major order.
---
---     pg.array{1, 2}:outer{1, 10, 100}
---     --> [[  1.,  10., 100.],
---     -->  [  2.,  20., 200.]] float64 (2, 3)
---@param b perigee.like
---@return perigee.array  # (a.size, b.size)
function array:outer(b) end

--- Returns the matrix product: (m, k) times (k, n) gives (m, n), (m, k) times (k) gives (m), and
--- (k) times (k) a number. Raises if the inner lengths differ, with both shapes.
---
---     pg.array{{1, 2}, {3, 4}}:dot{{1, 0}, {1, 1}}
---     --> [[3., 2.],
---     -->  [7., 4.]] float64 (2, 2)
---     pg.zeros(5, 3):dot(pg.zeros(3, 2)).shape  --> (5, 2)
---     pg.array{1, 2, 3}:dot{4, 5, 6}  --> 32.0
---@param b perigee.like  rank 1 or 2
---@return perigee.array|number
function array:dot(b) end

--- Returns the matrix product, as `dot`; of higher ranks, those of stacks of matrices.
--- The axes before the last two broadcast together. Raises for rank 0, as numpy.matmul.
---
---     pg.array{{1, 2}, {3, 4}}:matmul{1, 1}  --> [3., 7.] float64 (2,)
---     pg.zeros(10, 5, 3):matmul(pg.zeros(3, 2)).shape  --> (10, 5, 2)
---@param b perigee.like  rank 1 or more
---@return perigee.array|number
function array:matmul(b) end

--- Solves the linear equations a x = b of a square matrix, by LU factors (LAPACK's gesv).
---
--- Raises for a singular matrix, with the pivot that is 0. float32 is solved in float32, other
--- dtypes in float64.
---
---     pg.solve({{3, 1}, {1, 2}}, {9, 8})  --> [2., 3.] float64 (2,)
---@param b perigee.like  (n) or (n, k)
---@return perigee.array  # the shape of b
function array:solve(b) end

--- Returns the inverse of a square matrix. Raises if it is singular. To solve equations, `solve` is
--- faster and more accurate.
---
---     pg.array{{1, 2}, {3, 4}}:inv()
---     --> [[-2. ,  1. ],
---     -->  [ 1.5, -0.5]] float64 (2, 2)
---@return perigee.array  # (n, n)
function array:inv() end

--- Returns the determinant of a square matrix, by LU factors.
---
---     pg.array{{1, 2}, {3, 4}}:det()  --> -2.0
---@return number
function array:det() end

--- Returns the lower triangular l with a = l l^T (LAPACK's potrf). a is symmetric and positive
--- definite. Only the lower triangle is read. Raises if a minor is not positive.
---
---     pg.array{{4, 2}, {2, 5}}:cholesky()
---     --> [[2., 0.],
---     -->  [1., 2.]] float64 (2, 2)
---@return perigee.array  # (n, n)
function array:cholesky() end

--- Returns the factors q r of a matrix (LAPACK's geqrf). q's columns are orthonormal, r is upper
--- triangular. k is the smaller of m and n, as with NumPy's mode "reduced".
---
---     q, r = pg.array{{3, 1}, {4, 2}}:qr()
---     q:dot(r):allclose{{3, 1}, {4, 2}}  --> true
---@return perigee.array q  # (m, k)
---@return perigee.array r  # (k, n)
function array:qr() end

--- Returns the eigenvalues and eigenvectors of a symmetric matrix (LAPACK's syevd). Eigenvalues
--- are in ascending order, eigenvectors are columns. Only the lower triangle is read.
---
---     w, v = pg.array{{2, 1}, {1, 2}}:eigh()
---     w  --> [1., 3.] float64 (2,)
---     (v * w):dot(v.T):allclose{{2, 1}, {1, 2}}  --> true
---@return perigee.array w  # (n) the eigenvalues
---@return perigee.array v  # (n, n) column i belongs to w[i]
function array:eigh() end

--- Returns the singular value decomposition u diag(s) vt of a matrix (LAPACK's gesdd). Singular
--- values are in descending order. k is the smaller of m and n.
---
---     u, s, vt = pg.array{{3, 0}, {0, 4}, {0, 0}}:svd{full_matrices = false}
---     s  --> [4., 3.] float64 (2,)
---     (u * s):dot(vt):allclose{{3, 0}, {0, 4}, {0, 0}}  --> true
---@param options? table  full_matrices = true (or false: u and vt have k columns and rows only)
---@return perigee.array u  # (m, m), or (m, k)
---@return perigee.array s  # (k)
---@return perigee.array vt  # (n, n), or (k, n)
function array:svd(options) end

--- Returns the x with the least |a x - b|, by singular values (LAPACK's gelsd).
---
--- Several such x have different norms: the least is taken. `residuals` are the sums of squares of
--- a x - b; they are empty unless a has full rank and more rows than columns.
---
---     x = pg.lstsq({{0, 1}, {1, 1}, {2, 1}}, {1, 3, 5})
---     x:round(6)  --> [2., 1.] float64 (2,)
---@param b perigee.like  (m) or (m, k)
---@param options? table  rcond (singular values below rcond times the largest count as 0; by
---   default the dtype's precision times the larger of m and n)
---@return perigee.array x  # (n) or (n, k)
---@return perigee.array residuals  # (0), (1) or (k)
---@return integer rank  # of a
---@return perigee.array s  # a's singular values
function array:lstsq(b, options) end

-- --- files -------------------------------------------------------------------------------

--- An open NPZ file. `archive.x_train` decodes that array at its first use.
---
--- Later uses return the same array, with the numbers that were written to it;
--- `archive.x_train:copy()` is independent. A name that isn't in the file raises, and so does a
--- damaged member. Arrays outlive their archive.
---@class perigee.archive
---@field [string] perigee.array?
local archive = {}

--- Returns the names of the arrays, in the file's order: those of its members, without `.npy`. A
--- member without `.npy` is an array if it begins as one; the rest of the archive's files is left
--- out.
---
---     data = pg.dataset "digits"
---     data:keys()  --> {x_test, x_train, y_test, y_train}
---@return string[]
function archive:keys() end

--- Returns the array of a name, also of the name of a method; nil if there is none.
---
---     data:get "x_train".ndim  --> 3
---     data:get "x_valid" == nil  --> true
---@param name string
---@return perigee.array?
function archive:get(name) end

--- Returns all arrays, by name. Several threads read them at once, which is faster than one after
--- the other. The archive keeps them, as those that are got one by one. `max_bytes` of `pg.load`
--- limits all arrays together here. Raises for the first member that can't be read, and reads then
--- none.
---
---     t = data:load()
---     t.x_train == data.x_train  --> true
---@return table<string, perigee.array>
function archive:load() end

--- Returns the dtype and shape of an array, from its header, without decoding its elements.
--- Raises for a member that can't be read.
---
---     data:form "x_train"  --> uint8  (100, 28, 28)
---@param name string
---@return perigee.dtype?  # nil if there is no such array
---@return perigee.shape? shape
function archive:form(name) end

--- Returns the CRC-32 of a member from the file's directory, without decoding it. Equal arrays that
--- are saved again have the same; other `rows` of an array have another.
---
---     data:checksum "x_train" == pg.dataset "digits":checksum "x_train"
---     --> true
---@param name string
---@return integer?  # nil if there is no such array
function archive:checksum(name) end

--- Returns the path by which the archive was opened.
---
---     pg.save("w.npz", {W = pg.eye(2)})
---     pg.load "w.npz":path()  --> w.npz
---@return string
function archive:path() end

--- Closes the file. `local data <close> = pg.load(path)` closes it at the end of the block.
---
---     data = pg.dataset "digits"
---     x = data.x_train  -- stays usable
---     data:close()
function archive:close() end

-- --- random numbers -------------------------------------------------------------------------

--- A generator of random numbers: MT19937, with the numbers of numpy.random.RandomState.
---@class perigee.random
local random = {}

--- Restarts the sequence, as numpy.random.seed; without a seed, from the system's random numbers.
---
---     g:seed(0)
---     g:rand(), g:rand()  --> 0.54881350392732  0.71518936637242
---@param seed? integer  0 .. 2^32 - 1
function random:seed(seed) end

--- Draws uniform float64 numbers in [0, 1): an array of a shape; without one, a number.
---
---     g = pg.random(0)
---     g:rand()  --> 0.54881350392732
---     g:rand(2, 3).shape  --> (2, 3)
---@param ... integer|integer[]  the shape
---@return perigee.array|number
function random:rand(...) end

--- Draws standard normal float64 numbers, by Marsaglia's polar method: an array of a shape; without
--- one, a number.
---
---     pg.random(0):randn(3)
---     --> [1.76405235, 0.40015721, 0.97873798] float64 (3,)
---@param ... integer|integer[]  the shape
---@return perigee.array|number
function random:randn(...) end

--- Draws uniform float64 numbers in [low, high): an array of a shape; without one, a number.
---
---     pg.random(0):uniform(-1, 1, 3)
---     --> [0.09762701, 0.43037873, 0.20552675] float64 (3,)
---@param low? number  default 0
---@param high? number  default 1
---@param ... integer|integer[]  the shape
---@return perigee.array|number
function random:uniform(low, high, ...) end

--- Draws normal float64 numbers: an array of a shape; without one, a number.
---
---     pg.random(0):normal(100, 15, 3)
---     --> [126.46078519, 106.00235813, 114.68106976] float64 (3,)
---@param mean? number  default 0
---@param std? number  default 1; 0 or more
---@param ... integer|integer[]  the shape
---@return perigee.array|number
function random:normal(mean, std, ...) end

--- Draws integers from low to high - 1, as numpy.random.randint: an int64 array of a shape; without
--- one, a number. Raises unless low is below high.
---
---     pg.random(0):randint(0, 10, 5)  --> [5, 0, 3, 3, 7] int64 (5,)
---     pg.random(0):randint(1, 7)  --> 5
---@param low integer
---@param high integer
---@param ... integer|integer[]  the shape
---@return perigee.array|integer
function random:randint(low, high, ...) end

--- Shuffles the rows of an array in place, as numpy.random.shuffle, and returns the array.
---
---     pg.random(0):shuffle(pg.range(1, 5))  --> [3, 1, 2, 4, 5] int64 (5,)
---@param a perigee.array
---@return perigee.array
function random:shuffle(a) end

--- Draws rows of an array, or positions from 1 to n, as numpy.random.choice.
--- Raises for too few rows without replacement, and unless p adds up to 1.
---
---     pg.random(0):choice(10, 3, false)  --> [3, 9, 5] int64 (3,)
---     pg.random(0):choice({{1, 2}, {3, 4}, {5, 6}}, 2)
---     --> [[1., 2.],
---     -->  [3., 4.]] float64 (2, 2)
---@param a perigee.like|integer  an array, or the number of positions
---@param size? integer|integer[]  the number of draws, or a shape; without it, one draw
---@param replace? boolean  default true; false draws each row at most once
---@param p? perigee.like  (n) probabilities; equal by default
---@return perigee.array|number
function random:choice(a, size, replace, p) end

--- Returns the positions 1 to n in random order: numpy.random.permutation(n) + 1.
---
---     order = pg.random(0):permutation(5)
---     order  --> [3, 1, 2, 4, 5] int64 (5,)
---     pg.array{10, 20, 30, 40, 50}:take(order)
---     --> [30., 10., 20., 40., 50.] float64 (5,)
---@param n integer
---@return perigee.array  # int64 (n)
function random:permutation(n) end

--- Returns the generator's state as an array that can be saved. It has MT19937's 624 words, the
--- index of the next one, a flag for a stored normal number, and the 64 bits of that number.
---
---     state = g:get_state()
---     first = g:rand()
---     g:set_state(state)
---     g:rand() == first  --> true
---@return perigee.array  # uint32 (628)
function random:get_state() end

--- Restores a state that `get_state` returned, of this generator or another.
--- Raises for an array that isn't a state.
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

--- Makes an array of a number, a boolean or a nested table, or copies an array.
--- Raises for rows of different lengths, and for arrays within a table, which `stack` and `concat`
--- join.
---
---     pg.array{{1, 2}, {3, 4}}
---     --> [[1., 2.],
---     -->  [3., 4.]] float64 (2, 2)
---     pg.array({1, 2, 3}, "uint8")  --> [1, 2, 3] uint8 (3,)
---     pg.array{true, false}  --> [ true, false] bool (2,)
---@param value perigee.like
---@param dtype? perigee.dtype  default float64 for numbers, bool for booleans, an array's own
---@return perigee.array
function pg.array(value, dtype) end

--- Makes an array of rank 2, as `array` does. Raises for another rank.
---
---     pg.matrix{{1, 2, 3}}  --> [[1., 2., 3.]] float64 (1, 3)
---@param value perigee.like
---@param dtype? perigee.dtype  default as in `array`
---@return perigee.array  # (rows, columns)
function pg.matrix(value, dtype) end

--- Returns an array of zeros: `zeros(2, 3)`, `zeros({2, 3}, "float32")`.
---
---     pg.zeros(2, 3)
---     --> [[0., 0., 0.],
---     -->  [0., 0., 0.]] float64 (2, 3)
---     pg.zeros(3, "uint8")  --> [0, 0, 0] uint8 (3,)
---@param ... integer|integer[]|perigee.dtype  the shape, then a dtype (default float64)
---@return perigee.array
function pg.zeros(...) end

--- Returns an array of ones. See `zeros`.
---
---     pg.ones(2, 2, "float32")
---     --> [[1., 1.],
---     -->  [1., 1.]] float32 (2, 2)
---@param ... integer|integer[]|perigee.dtype  the shape, then a dtype (default float64)
---@return perigee.array
function pg.ones(...) end

--- Returns an array of one value: `full({2, 3}, 7)`.
---
---     pg.full({2, 3}, 7)
---     --> [[7., 7., 7.],
---     -->  [7., 7., 7.]] float64 (2, 3)
---@param shape integer[]
---@param value number|boolean
---@param dtype? perigee.dtype  default float64, or bool for a boolean
---@return perigee.array
function pg.full(shape, value, dtype) end

--- Returns zeros in the shape of an array.
---
---     pg.zeros_like(pg.ones(2, 2, "int8"))
---     --> [[0, 0],
---     -->  [0, 0]] int8 (2, 2)
---@param a perigee.like
---@param dtype? perigee.dtype  default: the array's
---@return perigee.array
function pg.zeros_like(a, dtype) end

--- Returns ones in the shape of an array.
---
---     pg.ones_like{5, 6}  --> [1., 1.] float64 (2,)
---@param a perigee.like
---@param dtype? perigee.dtype  default: the array's
---@return perigee.array
function pg.ones_like(a, dtype) end

--- Returns an array in the shape of another, with one value everywhere.
---
---     pg.full_like(pg.range(1, 3), 7)  --> [7, 7, 7] int64 (3,)
---@param a perigee.like
---@param value number|boolean
---@param dtype? perigee.dtype  default: the array's
---@return perigee.array
function pg.full_like(a, value, dtype) end

--- Returns the (n, n) matrix with ones on its diagonal and zeros elsewhere.
---
---     pg.eye(2)
---     --> [[1., 0.],
---     -->  [0., 1.]] float64 (2, 2)
---@param n integer
---@param dtype? perigee.dtype  default float64
---@return perigee.array
function pg.eye(n, dtype) end

--- Returns the numbers first, first + step, ... up to last, both ends included, as in Lua's `for`.
--- They are int64 if all arguments are integers, else float64. Raises for a number that isn't
--- finite.
---
---     pg.range(1, 5)  --> [1, 2, 3, 4, 5] int64 (5,)
---     pg.range(0, 1, 0.25)  --> [0.  , 0.25, 0.5 , 0.75, 1.  ] float64 (5,)
---     pg.range(10, 1, -3)  --> [10,  7,  4,  1] int64 (4,)
---@param first number
---@param last number
---@param step? number  default 1; not 0
---@return perigee.array
function pg.range(first, last, step) end

--- Raises, because NumPy's arange leaves its end out: `range` includes both ends, as Lua's `for`.
---
---     pg.range(0, 9)  --> [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] int64 (10,)
---@param ... number
function pg.arange(...) end

--- Returns n float64 numbers from first to last, both included, at equal distances.
--- Raises for an end that isn't finite.
---
---     pg.linspace(0, 1, 5)  --> [0.  , 0.25, 0.5 , 0.75, 1.  ] float64 (5,)
---@param first number
---@param last number
---@param n integer
---@return perigee.array
function pg.linspace(first, last, n) end

--- Returns the coordinates of the points of a grid over vectors, one array for each of them.
--- With two vectors of nx and ny elements and indexing "xy" the shape is (ny, nx); with "ij" it is
--- (nx, ny).
---
---     x, y = pg.meshgrid({1, 2, 3}, {4, 5})
---     x
---     --> [[1., 2., 3.],
---     -->  [1., 2., 3.]] float64 (2, 3)
---     y
---     --> [[4., 4., 4.],
---     -->  [5., 5., 5.]] float64 (2, 3)
---@param x perigee.like
---@param ... perigee.like|table  further vectors, and options: indexing = "xy" (or "ij")
---@return perigee.array ...
function pg.meshgrid(x, ...) end

-- --- labels, joining, counting -----------------------------------------------------------

--- Returns a matrix (n, classes) with a 1 in the column of each row's label and zeros elsewhere.
--- Raises for a label outside 0 to classes - 1, with its row, the value and the range.
---
---     pg.onehot({2, 0}, 3)
---     --> [[0., 0., 1.],
---     -->  [1., 0., 0.]] float64 (2, 3)
---@param labels perigee.like  (n) class numbers from 0
---@param classes integer
---@param dtype? perigee.dtype  default float64
---@return perigee.array
function pg.onehot(labels, classes, dtype) end

--- Returns the label of the greatest probability in each row: class numbers from 0.
---
---     pg.labels{{0.1, 0.7, 0.2}, {0.8, 0.1, 0.1}}  --> [1, 0] int64 (2,)
---@param p perigee.like  (n, classes)
---@return perigee.array  # int64 (n)
function pg.labels(p) end

--- Joins arrays along an axis that they have, in the dtype to which theirs promote.
--- Raises if their other lengths differ.
---
---     pg.concat{pg.zeros(2), pg.ones(1)}  --> [0., 0., 1.] float64 (3,)
---     pg.concat({pg.zeros(2, 3), pg.zeros(2, 5)}, 2).shape  --> (2, 8)
---@param arrays perigee.like[]
---@param axis? integer  default 1
---@return perigee.array
function pg.concat(arrays, axis) end

--- Joins arrays along an axis that they have: another name of `concat`.
---
---     pg.concatenate{pg.zeros(2), pg.ones(1)}  --> [0., 0., 1.] float64 (3,)
---@param arrays perigee.like[]
---@param axis? integer  default 1
---@return perigee.array
function pg.concatenate(arrays, axis) end

--- Joins arrays one below the other: along the first axis, with a vector as one row.
---
---     pg.vstack{{1, 2}, {3, 4}}
---     --> [[1., 2.],
---     -->  [3., 4.]] float64 (2, 2)
---@param arrays perigee.like[]
---@return perigee.array
function pg.vstack(arrays) end

--- Joins arrays one beside the other: along the second axis, or vectors along their only one.
---
---     pg.hstack{{1, 2}, {3}}  --> [1., 2., 3.] float64 (3,)
---     pg.hstack{pg.zeros(2, 3), pg.ones(2, 1)}.shape  --> (2, 4)
---@param arrays perigee.like[]
---@return perigee.array
function pg.hstack(arrays) end

--- Joins arrays of one shape along a new axis.
--- Raises if their shapes differ.
---
---     pg.stack{{1, 2}, {3, 4}, {5, 6}}
---     --> [[1., 2.],
---     -->  [3., 4.],
---     -->  [5., 6.]] float64 (3, 2)
---     pg.stack({pg.zeros(28, 28), pg.ones(28, 28)}, 3).shape  --> (28, 28, 2)
---@param arrays perigee.like[]
---@param axis? integer  default 1
---@return perigee.array
function pg.stack(arrays, axis) end

--- Counts the elements in bins, as numpy.histogram.
--- A bin includes its lower edge, and the last one its upper edge, too. Without ends, the bins
--- go from the least to the greatest element. NaN is in no bin. Raises for edges that decrease, for
--- ends beside edges, and for ends that aren't finite, further apart than any float64, or too close
--- for bins with a width.
---
---     counts, edges = pg.histogram({1, 2, 2, 3, 9}, 4)
---     counts  --> [3, 1, 0, 1] int64 (4,)
---     edges  --> [1., 3., 5., 7., 9.] float64 (5,)
---@param a perigee.like
---@param bins? integer|perigee.like  the number of bins (default 10), or their edges
---@param ends? number[]  {low, high}: elements outside aren't counted
---@return perigee.array counts  int64 (bins)
---@return perigee.array edges  float64 (bins + 1)
function pg.histogram(a, bins, ends) end

--- Takes each element from a where the mask is true, else from b. All three broadcast.
---
---     a = pg.array{-2, 0, 3}
---     pg.where(a:gt(0), a, 0.1 * a)  --> [-0.2,  0. ,  3. ] float64 (3,)
---@param mask perigee.array  bool
---@param a perigee.like
---@param b perigee.like
---@return perigee.array
function pg.where(mask, a, b) end

-- --- reading and writing -----------------------------------------------------------------

--- Opens an NPZ archive, or reads the array of an NPY or IDX file; the first bytes tell which.
--- Sizes, shapes and offsets in the file are checked before they are used. Raises for a file that
--- can't be opened or read, with its path and the reason.
---
--- Reads what NumPy reads, also as other programs write it: bool, integers and floats (float16 as
--- float32) in either byte order and memory order; members stored or deflated, with or without
--- `.npy`. A dtype that isn't read, encryption and another compression raise when that array is
--- taken, and leave the others. A damaged directory raises; so do archives with a name twice or
--- over several disks. Of several arrays in an `.npy` file, the first is read.
---
--- The length of an array and the CRC-32 of a member are checked before its numbers are returned.
--- An `.npy` file has no checksum.
---
--- IDX files, as the original ones of MNIST, may be packed by gzip. All of their types and ranks 0
--- to 8 are read, as uint8, int8, int16, int32, float32 or float64. Their length must be that of
--- their header. The members of a gzip file are joined, as gunzip does; bytes behind them raise.
---
--- `rows` reads some rows of an `.npy` file, or of members of an archive by their names. Positions
--- are those of slices: from 1, both ends, negative from the end; beyond the ends raises. Other
--- bytes are not read, but that a deflated member is inflated up to the last of its rows. So the
--- CRC-32 isn't checked; `check = true` reads the whole member and checks it.
---
--- `map = true` leaves the elements in the file: the system reads them when they are used, and
--- drops them when it needs the memory, so that an array may be larger than memory. Bytes of the
--- CRC-32 are then only read with `check = true`. What a script writes to such an array stays in
--- its memory; the file is not changed. Members that are deflated raise. Elements that memory has
--- in another form are read as without `map`: bool, float16, the other byte order, and those whose
--- address in the file is no multiple of their size. While an array is mapped, its file must not
--- be cut or written to in place: the system ends a process that reads behind the new end
--- (SIGBUS), without an error that a script could catch, and other changes show in the array. A
--- file that is replaced, as by `pg.save`, does no harm. A model on a mapped x is dense unless
--- `plan` is "sparse", because compressed rows are in memory.
---
--- `max_bytes` is the most that an array may take in memory; without it, that is what the system,
--- or the control group of the process, has left. An array that takes more raises, before memory
--- is allocated.
---
---     data = pg.load "file.npz"
---     data:keys()  --> {W1, b1}
---     data.W1.shape  --> (20, 784)
---     pg.load("file.npz", {rows = {W1 = {-5, -1}}}).W1.shape  --> (5, 784)
---     pcall(pg.load, "missing.npy")
---     --> false  missing.npy: No such file or directory
---@param path string
---@param options? table  rows ({first, last} of an array's file, {name = {first, last}, ...} of an
---   archive); map = false (or true); check = false (or true: with rows or map, the CRC-32 is
---   checked); max_bytes (else what memory is left)
---@return perigee.archive|perigee.array
function pg.load(path, options) end

--- Tells if a file or a folder exists at a path. Symbolic links are followed.
--- Raises if the system can't tell, as in a folder without permission.
---
---     pg.exists "file.npz", pg.exists "missing.npy"  --> true  false
---     pg.exists "."  --> true
---@param path string
---@return boolean
function pg.exists(path) end

--- Writes an array to `.npy`, or a table of named arrays to `.npz`, atomically: the file is
--- replaced when the new one is complete. Symbolic links are followed. The new file has the mode of
--- the old one, without setuid, setgid and sticky bits, and its owner if the system permits that;
--- other hard links keep the old file. Raises if the file can't be written, with its path and the
--- reason; the old file is then unchanged. Raises for the names x and x.npy in one archive, which
--- NumPy confuses.
---
--- `append` adds the arrays to an archive that is there, and replaces those of the same name. It
--- copies the other members as they are, without decompressing them, into a new file that replaces
--- the old one: it reads and writes the archive once, and needs as much free space again, but no
--- memory for it. A file that isn't there is made; one that is no archive raises and stays. Of two
--- processes that append at once, the last to end is kept.
---
---     pg.save("a.npy", pg.eye(3))  --> true
---     w = {W1 = pg.zeros(20, 784), b1 = pg.zeros(1, 20)}
---     pg.save("w.npz", w, {compress = true})  --> true
---     pg.save("w.npz", {b1 = pg.ones(1, 20)}, {append = true})  --> true
---     pg.load("w.npz"):keys()  --> {W1, b1}
---@param path string  ends in .npy or .npz
---@param value perigee.like|table<string, perigee.like>
---@param options? { compress?: boolean, append?: boolean }  compress = false (or true: the members
---   of an .npz are deflated); append = false (or true: members of an .npz that is there are kept)
---@return true
function pg.save(path, value, options) end

--- Reads a PNG file: (height, width) if it is grey, else (height, width, samples). Samples are grey
--- and alpha (2), red, green and blue (3), or these and alpha (4). Palettes and fewer bits are
--- widened to 0 to 255, and 16 bits are rounded to 8. The gamma of the file is converted to a
--- screen's. Sizes in the file are checked before memory is allocated: more than 64 MB of pixels
--- must not exceed 1032 bytes for each byte of the file, deflate's limit; `max_bytes` limits the
--- array. Raises for a file that can't be opened or read, and for an interlaced one of 16 bits.
---
---     pg.save_png("digit.png", data.x_train[1])
---     pg.load_png("digit.png").shape  --> (28, 28)
---@param path string
---@param options? { max_bytes?: integer }  max_bytes (of the array, else what memory is left)
---@return perigee.array  # uint8
function pg.load_png(path, options) end

--- Writes a text file atomically, as `save` does. Raises if it can't be written.
---
---     pg.write("notes.txt", "rate 0.5 was best\n")  --> true
---@param path string
---@param text string
---@return true
function pg.write(path, text) end

-- --- random numbers of the module --------------------------------------------------------

--- Makes a generator, independent of the module's. Without a seed, it starts at random.
---
---     g = pg.random(0)
---     g:randn(2, 3)
---     --> [[ 1.76405235,  0.40015721,  0.97873798],
---     -->  [ 2.2408932 ,  1.86755799, -0.97727788]] float64 (2, 3)
---@param seed? integer  0 .. 2^32 - 1
---@return perigee.random
function pg.random(seed) end

--- Seeds the module's generator, as numpy.random.seed; without a seed, from the system's random
--- numbers.
---
---     pg.seed(0)
---     pg.rand(3)  --> [0.5488135 , 0.71518937, 0.60276338] float64 (3,)
---@param seed? integer
function pg.seed(seed) end

--- Draws uniform float64 numbers in [0, 1) from the module's generator: an array of a shape;
--- without one, a number.
---
---     pg.seed(0)
---     pg.rand()  --> 0.54881350392732
---     pg.rand(2, 3).shape  --> (2, 3)
---@param ... integer|integer[]  the shape
---@return perigee.array|number
function pg.rand(...) end

--- Draws standard normal float64 numbers from the module's generator: an array of a shape; without
--- one, a number.
---
---     pg.seed(0)
---     pg.randn(2, 3)
---     --> [[ 1.76405235,  0.40015721,  0.97873798],
---     -->  [ 2.2408932 ,  1.86755799, -0.97727788]] float64 (2, 3)
---@param ... integer|integer[]  the shape
---@return perigee.array|number
function pg.randn(...) end

--- Draws uniform float64 numbers in [low, high): an array of a shape; without one, a number.
---
---     pg.seed(0)
---     pg.uniform(-1, 1, 3)
---     --> [0.09762701, 0.43037873, 0.20552675] float64 (3,)
---@param low? number  default 0
---@param high? number  default 1
---@param ... integer|integer[]  the shape
---@return perigee.array|number
function pg.uniform(low, high, ...) end

--- Draws normal float64 numbers: an array of a shape; without one, a number.
---
---     pg.seed(0)
---     pg.normal(100, 15, 3)
---     --> [126.46078519, 106.00235813, 114.68106976] float64 (3,)
---@param mean? number  default 0
---@param std? number  default 1; 0 or more
---@param ... integer|integer[]  the shape
---@return perigee.array|number
function pg.normal(mean, std, ...) end

--- Draws integers from low to high - 1, as numpy.random.randint: an int64 array of a shape; without
--- one, a number. Raises unless low is below high.
---
---     pg.seed(0)
---     pg.randint(0, 10, 5)  --> [5, 0, 3, 3, 7] int64 (5,)
---@param low integer
---@param high integer
---@param ... integer|integer[]  the shape
---@return perigee.array|integer
function pg.randint(low, high, ...) end

--- Shuffles the rows of an array in place, as numpy.random.shuffle, and returns the array.
---
---     pg.seed(0)
---     pg.shuffle(pg.range(1, 5))  --> [3, 1, 2, 4, 5] int64 (5,)
---@param a perigee.array
---@return perigee.array
function pg.shuffle(a) end

--- Draws rows of an array, or positions from 1 to n, as numpy.random.choice.
--- Raises for too few rows without replacement, and unless p adds up to 1.
---
---     pg.seed(0)
---     pg.choice(10, 3, false)  --> [3, 9, 5] int64 (3,)
---@param a perigee.like|integer  an array, or the number of positions
---@param size? integer|integer[]  the number of draws, or a shape; without it, one draw
---@param replace? boolean  default true; false draws each row at most once
---@param p? perigee.like  (n) probabilities; equal by default
---@return perigee.array|number
function pg.choice(a, size, replace, p) end

--- Returns the positions 1 to n in random order, from the module's generator.
---
---     pg.seed(0)
---     pg.permutation(5)  --> [3, 1, 2, 4, 5] int64 (5,)
---@param n integer
---@return perigee.array  # int64 (n)
function pg.permutation(n) end

--- Returns the state of the module's generator, as numpy.random.get_state.
---
---     state = pg.get_state()
---     first = pg.rand()
---     pg.set_state(state)
---     pg.rand() == first  --> true
---@return perigee.array  # uint32 (628), as a generator's `get_state` returns it
function pg.get_state() end

--- Restores a state of the module's generator, or of another one.
--- Raises for an array that isn't a state.
---
---     pg.set_state(pg.random(0):get_state())
---     pg.rand()  --> 0.54881350392732
---@param state perigee.array  uint32 (628)
function pg.set_state(state) end

-- --- kernels -----------------------------------------------------------------------------

--- The weights of a network by name: W1 (hidden, inputs), b1 (1, hidden), W2 (classes, hidden), b2
--- (1, classes), and so on for more layers. `activation` is a name, or a list of one for each
--- hidden layer; without it, the hidden layers are sigmoid. All arrays have one floating dtype.
---@alias perigee.weights table<string, perigee.array>

--- Draws the weights of a network as the notebook does: W_l is normal, times sqrt(1 / inputs of
--- layer l), and b_l is zero. The table has the `activation`, too, if that is given.
---
---     w = pg.initialization(x, 100)  -- x: (100, 784)
---     w.W1.shape, w.b1.shape, w.W2.shape, w.b2.shape
---     --> (100, 784)  (1, 100)  (10, 100)  (1, 10)
---     pg.initialization(x, {64, 32}, {activation = "relu"}).W3.shape
---     --> (10, 32)
---@param x perigee.array  (n, inputs), for its width and dtype
---@param hidden integer|integer[]  units of the hidden layer, or of each of several
---@param options? table  activation = "sigmoid" ("tanh", "relu", "leaky_relu", "gelu", or a
---   list of one for each hidden layer); classes = 10; dtype (else x's if that is floating, or
---   "float64"); random (a generator; else the module's)
---@return perigee.weights
function pg.initialization(x, hidden, options) end

--- Computes the outputs of all layers: A_l = sigmoid(A_(l-1) W_l^T + b_l), and softmax in the last.
--- The weights' `activation` replaces the sigmoid.
---
---     w = pg.initialization(x, 20)  -- x: (100, 784)
---     A = pg.forward(x, w)
---     A.A1.shape, A.A2.shape  --> (100, 20)  (100, 10)
---     A.A2:sum(2):allclose(1)  --> true
---@param x perigee.like  (n, inputs)
---@param weights perigee.weights
---@param out? table<string, perigee.array>  the result of an earlier call: its arrays are
---   overwritten, and missing ones added. Raises, before anything is written, for an array of
---   another shape or dtype, a view that isn't contiguous, or one that shares elements with another
---   result, x or the weights
---@return table<string, perigee.array>  # A1 (n, hidden), A2 (n, classes), ...; `out` if given
function pg.forward(x, weights, out) end

--- Computes the gradients of the mean cross-entropy by the weights.
---
---     w = pg.initialization(x, 20)
---     A = pg.forward(x, w)
---     G = pg.gradient(x, y, A, w)  -- y: (100), labels
---     G.dW1.shape, G.db1.shape, G.dW2.shape, G.db2.shape
---     --> (20, 784)  (1, 20)  (10, 20)  (1, 10)
---@param x perigee.like  (n, inputs)
---@param y perigee.like  (n, classes) one-hot, or (n) labels
---@param activations table<string, perigee.array>  from `forward`
---@param weights perigee.weights
---@param out? table<string, perigee.array>  the result of an earlier call, as in `forward`; its
---   arrays must not share elements with x, y, the activations or the weights
---@return table<string, perigee.array>  # dW1, db1, ... of the weights' shapes; `out` if given
function pg.gradient(x, y, activations, weights, out) end

--- Makes a step of gradient descent in place, W = W - rate * dW, and returns the weights.
---
---     A = pg.forward(x, w)
---     before = pg.cross_entropy(A, y)
---     pg.update(w, pg.gradient(x, y, A, w), 0.1)
---     pg.cross_entropy(pg.forward(x, w), y) < before  --> true
---@param weights perigee.weights
---@param gradients table<string, perigee.array>  from `gradient`
---@param rate number
---@return perigee.weights
function pg.update(weights, gradients, rate) end

--- Returns the mean cross-entropy -sum(y log(A + 1e-9)) / n.
---
---     p = pg.array{{0.9, 0.1}, {0.5, 0.5}}
---     ("%.4f"):format(pg.cross_entropy(p, {0, 1}))  --> 0.3993
---@param activations table<string, perigee.array>|perigee.array  from `forward`, or its last array
---@param y perigee.like  (n, classes) one-hot, or (n) labels
---@return number
function pg.cross_entropy(activations, y) end

--- Returns the fraction of equal labels, 0 to 1. Raises if the shapes differ, and for one-hot rows:
--- `labels` converts them.
---
---     pg.accuracy({1, 2, 3, 4}, {1, 2, 3, 0})  --> 0.75
---@param y_true perigee.like  (n)
---@param y_pred perigee.like  (n)
---@return number
function pg.accuracy(y_true, y_pred) end

-- --- networks -----------------------------------------------------------------------------

--- Returns the cross-entropy of scores, any numbers: the mean over rows of -sum(y
--- log(softmax(scores))), as torch.nn.functional.cross_entropy. It is computed from `log_softmax`,
--- so that it is finite where a probability is 0 in floats. A class of weight 0 counts nothing.
---
--- Raises for scores that aren't (n, k) or have no elements, for y of another shape, with both
--- shapes, and for a label that is not a class 0 to k - 1, with its row and value.
---
---     scores = pg.array{{2, 0}, {0, 0}}
---     ("%.4f"):format(pg.softmax_cross_entropy(scores, {0, 1}))  --> 0.4100
---     soft = {{1, 0}, {0.5, 0.5}}
---     ("%.4f"):format(pg.softmax_cross_entropy(scores, soft))  --> 0.4100
---@param scores perigee.like  (n, k); integers count as float64
---@param y perigee.like  (n) labels 0 to k - 1, or (n, k) one-hot or soft rows
---@return number
function pg.softmax_cross_entropy(scores, y) end

-- --- the machine -------------------------------------------------------------------------

--- Returns the number of threads; with n, sets it and returns the number before.
--- Results don't depend on it.
---
---     before = pg.threads(1)
---     pg.threads()  --> 1
---     pg.threads(before)  --> 1
---@param n? integer  1 to 1024, also more than the cores
---@return integer
function pg.threads(n) end

--- Returns the library's build and state: its version, the BLAS library, the set of kernels, the
--- number of threads, and the bytes that arrays use.
---
---     pg.info().version == pg._VERSION:match "%S+$"  --> true
---     pg.info().kernels  -- "avx512", "avx2" or "portable"
---@return { version: string, blas: string, kernels: string, threads: integer, bytes: integer }
function pg.info() end

return pg
