--- pg.split: rows for training and rows for testing, drawn as scikit-learn's train_test_split does.

local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local printable = require "perigee.util.printable"
local schema = require "perigee.util.schema"
local types = require "perigee.util.types"
local core = require "perigee.core"

local TEST = 0.25 -- the fraction of rows for testing, where none is given

local split = {}

-- --- options ---------------------------------------------------------------------

--- An integer is a number of rows, a float a fraction of them.
local part_kind = {
  expected = "a fraction between 0 and 1, or a number of rows (an integer, 1 or more)",
  read = function(value)
    local is_part = math.type(value) == "integer" and value >= 1
      or math.type(value) == "float" and value > 0 and value < 1
    return is_part and value or nil
  end,
}

local KINDS = {
  test = part_kind,
  train = part_kind,
  seed = schema.seed,
  shuffle = schema.boolean,
  stratify = {
    expected = "true, false, or a label for each row (an array or a list)",
    read = function(value)
      if type(value) == "boolean" or type(value) == "table" or types.is_array(value) then
        return value
      end
    end,
  },
}

--- Tells if a value is a table of options: it has no metatable, and no position.
local function are_options(value)
  local key = type(value) == "table" and getmetatable(value) == nil and next(value)
  return key ~= false and (key == nil or type(key) == "string" and value[1] == nil)
end

-- --- arguments -------------------------------------------------------------------

--- Tells if a value is a list of texts.
local function is_list_of_texts(value)
  return type(value) == "table" and type(value[1]) == "string"
end

--- A value as something with rows: a list of texts as it is, else an array of rank 1 or more.
local function to_rows(value, position)
  if is_list_of_texts(value) then
    local hole = collections.hole(value)
    if hole then
      errors.fail("argument %d is a list of texts with %s", position, hole)
    end
    return value
  elseif are_options(value) and next(value) ~= nil then
    errors.fail("argument %d is a table of options, which stand last", position)
  elseif not types.is_array(value) and type(value) ~= "table" then
    errors.fail("argument %d must be an array or a list, not %s%s", position,
      errors.describe(value),
      math.type(value) and " (pg.array_split cuts an array into parts)" or "")
  end
  local array = types.is_array(value) and value or core.array(value)
  if array.ndim == 0 then
    errors.fail("argument %d has no rows: it is one number", position)
  end
  return array
end

--- Converts the arguments; raises unless all have as many rows.
local function rows_of(arguments, count)
  local all = {}
  for i = 1, count do
    all[i] = to_rows(arguments[i], i)
    if #all[i] ~= #all[1] then
      local is_classes = i == count and is_list_of_texts(all[i])
      errors.fail("the arguments have %d and %d rows (arguments 1 and %d)%s", #all[1], #all[i], i,
        is_classes and "; brackets around t:labels(...) keep the labels without the classes" or "")
    end
  end
  return all
end

-- --- labels ----------------------------------------------------------------------

--- The numbers of a list's texts, sorted by their bytes. Raises for a text that comes once.
local function codes_of(texts)
  local counts, numbers = {}, {}
  for _, text in ipairs(texts) do
    if type(text) ~= "string" then
      errors.fail("stratify: a list of texts has %s", errors.describe(text))
    end
    counts[text] = (counts[text] or 0) + 1
  end
  for i, text in ipairs(collections.sorted_keys(counts)) do
    if counts[text] == 1 then
      errors.fail("stratify: label '%s' has one row, and 2 are needed to split them",
        printable.name(text))
    end
    numbers[text] = i
  end
  local codes = {}
  for i, text in ipairs(texts) do
    codes[i] = numbers[text]
  end
  return core.array(codes, "int64")
end

--- The labels by which rows are stratified, an array of rank 1. One-hot rows are in the order of
--- scikit-learn, which sorts the texts of rows: the last class comes first.
local function labels_of(stratify, all)
  if stratify == true then
    stratify = all[2]
    if not stratify then
      errors.fail("stratify = true takes the labels from y, which is missing (or give them: "
        .. "stratify = labels)")
    end
  end
  local labels = to_rows(stratify, 2)
  if type(labels) == "table" then
    return codes_of(labels)
  elseif labels.ndim == 2 and labels.shape[2] > 1 then
    local classes, message = core.trainer.labels(labels, 0)
    return -errors.ensure(classes, message):astype "int64"
  elseif labels.ndim ~= 1 then
    errors.fail("stratify: labels have rank 1, or are one-hot rows, not shape %s (y:reshape(-1) "
      .. "gives one column rank 1)", labels.shape)
  end
  return labels
end

-- --- sizes -----------------------------------------------------------------------

--- A number of rows, of a part that is a fraction or a number of rows.
local function size_of(part, n, round, name)
  if math.type(part) == "integer" and part >= n then
    errors.fail("%s = %d rows of %d leave none", name, part, n)
  end
  return math.type(part) == "integer" and part or round(part * n)
end

--- The numbers of rows for training and for testing.
local function sizes_of(options, n)
  local test, train = options.test, options.train
  if not test and not train then
    test = TEST
  elseif math.type(test) == "float" and math.type(train) == "float" and test + train > 1 then
    errors.fail("test = %g and train = %g are together more than 1", test, train)
  end
  local n_test = test and size_of(test, n, math.ceil, "test")
  local n_train = train and size_of(train, n, math.floor, "train")
  n_train = n_train or n - n_test
  n_test = n_test or n - n_train
  if n_train + n_test > n then
    errors.fail("%d rows for training and %d for testing are more than %d", n_train, n_test, n)
  elseif n_train < 1 or n_test < 1 then
    errors.fail("of %d rows, %d are left for training, and %d for testing", n, n_train, n_test)
  end
  return n_train, n_test
end

-- --- splitting -------------------------------------------------------------------

--- The positions of the rows for training and for testing.
local function positions_of(all, options)
  local n = #all[1]
  local n_train, n_test = sizes_of(options, n)
  local labels = options.stratify and labels_of(options.stratify, all) or nil
  if options.shuffle == false then
    if labels then
      errors.fail "stratify needs shuffle = true"
    end
    return core.range(1, n_train), core.range(n_train + 1, n_train + n_test)
  end
  local random = options.seed and core.random(options.seed) or nil
  return core.split_rows(n, n_train, n_test, labels, random)
end

--- Copies the rows at positions.
local function take(rows, positions)
  if not is_list_of_texts(rows) then
    return rows:take(positions)
  end
  local texts = {}
  for i, position in ipairs(positions:tolist()) do
    texts[i] = rows[position]
  end
  return texts
end

local function split_all(arguments, count, options)
  options = errors.ensure(schema.read(options, KINDS, "split"))
  if count == 0 then
    errors.fail "an array is needed"
  end
  local all, parts = rows_of(arguments, count), {}
  local train, test = positions_of(all, options)
  for _, rows in ipairs(all) do
    parts[#parts + 1] = take(rows, train)
    parts[#parts + 1] = take(rows, test)
  end
  return parts
end

--- Splits rows at random into those for training and those for testing, and returns copies of them
--- in scikit-learn's order: x_train, x_test, y_train, y_test. Further arrays of as many rows may
--- stand before the options, and x alone; each gives two results. A list of texts has rows, too.
---
--- The rows are those of scikit-learn's train_test_split with the same seed, which leaves the
--- module's generator as it is. Without `seed` that generator draws.
---
--- `stratify = true` keeps the proportions of y's classes in both parts. A class with one row
--- raises, and so do parts with fewer rows than there are classes.
---
---     x_train, x_test, y_train, y_test = pg.split(x, y, {test = 0.2, seed = 0,
---       stratify = true})
---     #x_train, #x_test  --> 80  20
---     pg.split({1, 2, 3, 4}, {test = 1, shuffle = false})
---     --> [1., 2., 3.] float64 (3,)  [4.] float64 (1,)
---@param x perigee.like  (n, ...)
---@param y? perigee.like  (n, ...), or a list of n texts
---@param options? table  test = 0.25 (a float is a fraction of the rows, rounded up; an integer a
---   number of rows); train (likewise, rounded down; else the rows that test leaves); seed (else
---   the module's generator); stratify = false (true: by y; or labels, an array or a list of
---   texts); shuffle = true (false: the first rows are for training, those behind for testing)
---@param ... any  with further arrays: all in order, the options last
---@return perigee.array ...  of each array the rows for training, and those for testing
function split.split(x, y, options, ...)
  local arguments = table.pack(x, y, options, ...)
  local count = arguments.n
  while count > 1 and arguments[count] == nil do
    count = count - 1
  end
  options = nil
  if count > 1 and are_options(arguments[count]) then
    options, count = arguments[count], count - 1
  end
  local parts, message = errors.try(split_all, arguments, count, options)
  if not parts then
    errors.raise(errors.prefixed("split", message))
  end
  return table.unpack(parts)
end

return split
