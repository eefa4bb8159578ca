--- Columns with names, as a CSV file has them.

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local core = require "perigee.core"
local errors = require "perigee.util.errors"
local format = require "perigee.util.format"
local printable = require "perigee.util.printable"
local public = require "perigee.util.public"
local repr = require "perigee.util.repr"
local suggest = require "perigee.util.suggest"
local types = require "perigee.util.types"
local unknown_name = require "perigee.util.unknown_name"

--- Columns of one length with names, which `pg.read_csv` returns. `csv[name]` is a column: an array
--- of float64 or int64, or a list of texts; so is `csv[i]`, by position. `csv:get(name)` reads any
--- column, also one that is called as a field or a method. `#csv` is the number of rows,
--- `pairs(csv)` and `ipairs(csv)` go along the columns, and `print(csv)` lists them.
---@class perigee.csv.table
---@field names string[]  of the columns, in the file's order: a new list each time
local Table = {}

local METATABLE = {
  __name = "perigee.csv", -- the name of the class in the reference
  __no_array = 'a table of a CSV file is no array: csv:array{"a", "b"} makes one of its columns',
}

--- The key of a table's private fields: any text may be the name of a column.
local PRIVATE = {}

--- A column by its name or position; nil if there is none.
local function find(self, name)
  if math.type(name) == "float" then
    name = math.tointeger(name)
  end
  local private = self[PRIVATE]
  return private.columns[math.type(name) and name or private.positions[name]]
end

--- Hints for names of pandas: what does the same here.
local NOTES = {
  columns = "csv.names lists the columns", keys = "csv.names lists the columns",
  shape = "#csv is the number of rows, #csv.names that of columns",
  head = "print(csv) lists the columns, and csv.NAME shows one",
  values = "csv:array() has the columns of numbers as one array",
  to_numpy = "csv:array() has the columns of numbers as one array",
}

--- The message about a column that there is not.
local function no_column(self, name)
  local names = self[PRIVATE].names
  if math.type(name) then
    return ("%s has columns 1 to %d, not %s"):format(self[PRIVATE].path, #names,
      errors.describe(name))
  end
  local message = unknown_name.message(self[PRIVATE].path, name, names)
  return NOTES[name] and ("%s; %s"):format(message, NOTES[name]) or message
end

--- A column; raises in the caller's line if there is none.
local function must_find(self, name, what)
  local column = find(self, name)
  if column == nil then
    errors.raise("%s: %s", what, no_column(self, name))
  end
  return column
end

--- The name of a column, given by its name or position.
local function name_of(self, name)
  return math.type(name) and self[PRIVATE].names[math.tointeger(name)] or name
end

function METATABLE:__index(name)
  if Table[name] then
    return Table[name]
  elseif name == "names" then
    local names = self[PRIVATE].names
    return table.move(names, 1, #names, 1, {})
  end
  local column = find(self, name)
  if column == nil and name ~= #self[PRIVATE].names + 1 then -- where ipairs ends
    errors.raise(no_column(self, name))
  end
  return column
end

function METATABLE.__newindex(_, name)
  unknown_name.refuse("a table of a CSV file", name)
end

function METATABLE:__len()
  return self[PRIVATE].rows
end

function METATABLE:__pairs()
  local names, columns, i = self[PRIVATE].names, self[PRIVATE].columns, 0
  return function()
    i = i + 1
    return names[i], columns[i]
  end
end

--- The names of columns, which a prompt completes behind `csv.` and in brackets.
function METATABLE:__names()
  return self[PRIVATE].names
end

local MOST = 12 -- columns that are listed

function METATABLE:__tostring()
  local names, columns, rows = self[PRIVATE].names, self[PRIVATE].columns, {}
  for i = 1, math.min(#names, MOST) do
    rows[i] = { names[i], types.is_array(columns[i]) and columns[i].dtype or "texts" }
  end
  if #names > MOST then
    rows[MOST + 1] = { ("... %s more"):format(format.integer(#names - MOST)), "" }
  end
  return repr.make(("table %s: %s of %s"):format(self[PRIVATE].path,
    format.quantity(#names, "column"), format.quantity(#self, "row")), rows)
end

--- Returns a column: an array, or a list of texts; nil if there is none of that name. This also
--- finds a column that is called as a method or field of the table.
---
---     csv:get "length"         --> [5.1, 6.3] float64 (2,)
---     csv.species, csv[2]:sum()  --> {setosa, virginica}  6.8
---     csv:get "weight"         --> nil
---@param name string|integer  or a position
---@return perigee.array|string[]|nil
function Table:get(name)
  return find(self, name)
end

--- The message about a column of texts where numbers are needed. It shows the first text that is
--- none where the others are numbers.
local function no_numbers(self, name, texts)
  local is_missing, row, has_number = collections.set(self[PRIVATE].missing), nil, false
  for i, text in ipairs(texts) do
    local is_number = c_locale.tonumber(text) ~= nil
    has_number = has_number or is_number
    row = row or not is_number and not is_missing[text] and i or nil
  end
  local why = printable.name(texts[row or 1])
  if row and why:find "^[+-]?%d*,%d+$" then
    why = why .. "'; decimal = \",\" reads decimal commas"
  elseif row and has_number then
    local missing = table.move(self[PRIVATE].missing, 1, #self[PRIVATE].missing, 1, {})
    missing[#missing + 1] = texts[row]
    why = ("%s' among numbers; missing = {\"%s\"} takes it for a missing one"):format(why,
      printable.name(table.concat(missing, '", "')))
  else
    why = why .. "'"
  end
  return ("column '%s' is texts (row %d is '%s)"):format(printable.name(name_of(self, name)),
    row or 1, why)
end

--- Puts columns of numbers side by side, all of them without an argument: int64 if all are, else
--- float64. Raises for a column of texts.
---
---     csv:array {"length", "width"}
---     --> [[5.1, 3.5],
---     -->  [6.3, 3.3]] float64 (2, 2)
---     csv:array({"width"}).shape  --> (2, 1)
---@param names? (string|integer)[]  names or positions
---@return perigee.array  # (rows, columns)
function Table:array(names)
  if names == nil then
    names = self[PRIVATE].names
  elseif type(names) ~= "table" or #names == 0 then
    errors.raise('array: a list of columns is needed, {"a", "b"}, not ' .. errors.describe(names))
  end
  local hole = collections.hole(names)
  if hole then
    errors.raise("array: the columns must be a list, not one with " .. hole)
  end
  local columns = {}
  for i, name in ipairs(names) do
    columns[i] = must_find(self, name, "array")
    if not types.is_array(columns[i]) then
      errors.raise("array: %s; csv:labels \"%s\" makes numbers of classes",
        no_numbers(self, name, columns[i]), printable.name(name_of(self, name)))
    end
  end
  return core.stack(columns, 2)
end

--- The sorted values of a column, each once, but for those that are missing.
local function classes_of(self, column)
  if types.is_array(column) then
    return column[column:isnan():eq(0)]:unique():tolist()
  end
  local is_missing, classes = collections.set(self[PRIVATE].missing), {}
  for _, text in ipairs(core.distinct(column)) do
    classes[#classes + 1] = not is_missing[text] and text or nil
  end
  return classes
end

--- The classes as the values of a column: for numbers, texts that are numbers are these, as a
--- model's names.
local function as_values(column, classes)
  if not types.is_array(column) then
    return classes
  end
  local values = {}
  for i = 1, #classes do
    local class = classes[i]
    values[i] = type(class) == "string" and c_locale.tonumber(class) or class
  end
  return values
end

--- Tells if a list has a text.
local function has_text(list)
  for _, each in ipairs(list) do
    if type(each) == "string" then
      return true
    end
  end
  return false
end

--- Raises for a value that is none of the classes.
local function refuse_value(self, name, row, classes)
  local column = find(self, name)
  local value = types.is_array(column) and column:get(row) or column[row]
  local function to_text(each)
    return math.type(each) and c_locale.exact(each) or tostring(each)
  end
  local where = ("labels: row %d of column '%s'"):format(row, printable.name(name_of(self, name)))
  if value ~= value or collections.contains(self[PRIVATE].missing, value) then
    errors.raise("%s is missing", where)
  elseif type(value) == "string" and not has_text(classes) then
    errors.raise("labels: the classes are numbers, and %s", no_numbers(self, name, column))
  end
  local names = {}
  for i, class in ipairs(classes) do
    names[i] = to_text(class)
  end
  errors.raise("%s is '%s', which is no class; there %s %s%s", where,
    printable.name(to_text(value)), #classes == 1 and "is" or "are",
    printable.cut(printable.name(table.concat(names, ", ")), 200, "..."),
    type(value) == "string" and suggest.suggestion(value, names) or "")
end

--- Numbers the classes of a column: int64 labels from 0, and the classes, `classes[label + 1]`.
--- Without `classes` these are the column's values, sorted: texts byte by byte. With them, as those
--- of the file that a model was trained on, or the model's names, a value that is none of them
--- raises, and so does a missing value.
---
---     csv:labels "species"  --> [0, 1] int64 (2,)  {setosa, virginica}
---     csv:labels("species", {"virginica", "setosa"})
---     --> [1, 0] int64 (2,)  {virginica, setosa}
---@param name string|integer  or a position
---@param classes? (string|number)[]
---@return perigee.array labels  # int64 (rows)
---@return (string|number)[] classes
function Table:labels(name, classes)
  local column = must_find(self, name, "labels")
  if classes ~= nil and (type(classes) ~= "table" or #classes == 0) then
    errors.raise("labels: classes are a list that is not empty, not " .. errors.describe(classes))
  end
  local hole = collections.hole(classes or {})
  if hole then
    errors.raise("labels: the classes must be a list, not one with " .. hole)
  end
  classes = classes or classes_of(self, column)
  local labels, row = errors.try(core.indices, column, as_values(column, classes))
  if labels then
    return labels, classes
  elseif math.type(row) then
    refuse_value(self, name, row, classes)
  end
  errors.raise(row)
end

public.methods(Table, METATABLE, "a table of a CSV file", "csv", { get = 1, labels = 1 })

local csv_table = {}

--- Makes a table of columns.
---@param path string  of its file, for messages
---@param names string[]
---@param columns (perigee.array|string[])[]
---@param missing string[]  the texts of cells that are missing
---@return perigee.csv.table
function csv_table.new(path, names, columns, missing)
  local positions = {}
  for i, name in ipairs(names) do
    positions[name] = i
  end
  local private = {
    path = printable.name(path), names = names, columns = columns, positions = positions,
    rows = #columns[1], missing = table.move(missing, 1, #missing, 1, {}),
  }
  return setmetatable({ [PRIVATE] = private }, METATABLE)
end

--- Tells if a value is a table of a CSV file.
---@param value any
---@return boolean
function csv_table.is_instance(value)
  return type(value) == "table" and getmetatable(value) == METATABLE
end

return csv_table
