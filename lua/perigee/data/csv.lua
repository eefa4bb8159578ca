--- pg.read_csv and pg.write_csv.

local collections = require "perigee.util.collections"
local core = require "perigee.core"
local csv_table = require "perigee.data.csv_table"
local errors = require "perigee.util.errors"
local printable = require "perigee.util.printable"
local types = require "perigee.util.types"
local unknown_name = require "perigee.util.unknown_name"

local csv = {}

local MISSING = { "", "NA" } -- also in bind/io/csv.c

--- Reads a CSV file, plain or packed by gzip: columns with the names of its first row.
---
--- A column of numbers is an array: int64 if all are integers that fit, else float64, each the
--- double that is nearest to its text, as Python's `float` gives it; `inf` and `nan` are numbers,
--- and a missing one is NaN. A column with one text in it is a list of texts, in which a missing
--- cell keeps its text. `kinds = {age = "number"}` has a text among numbers raise, with its line,
--- and `kinds = {zip = "text"}` keeps texts such as 01234. Quotes don't tell texts from numbers.
---
--- Cells may be quoted, with `""` for a quote, and then have delimiters and line breaks. Lines end
--- in LF, CR LF or CR; empty ones are left out. Text is UTF-8, with or without its mark. Rows of
--- another length, names that are empty or come twice, broken quotes and other encodings raise,
--- with line and column. Without a header, names are "1", "2" and so on. Large files need little
--- more memory than their columns.
---
---     pg.write("ages.csv", "name,age\nAda,36\nKurt,NA\n")
---     ages = pg.read_csv "ages.csv"
---     ages.names       --> {name, age}
---     ages.age         --> [36., nan] float64 (2,)
---     ages:get "name"  --> {Ada, Kurt}
---@param path string
---@param options? { header?: boolean, delimiter?: string, decimal?: string, missing?: string[],
---   kinds?: table<string|integer, "number"|"text">, max_bytes?: integer }  header = true (the
---   first row has names); delimiter = "," (one character); decimal = "." (or ","); missing =
---   {"", "NA"} (whole cells that are missing); kinds (of columns by name or position: "number" or
---   "text"); max_bytes (of the columns, 16 for each text and its bytes, and of a row of more than
---   16 MB; else what memory is left)
---@return perigee.csv.table
function csv.read(path, options)
  local names, columns, known = errors.try(core.read_csv, path, options)
  if known then
    errors.raise("read_csv: kinds: %s", unknown_name.message(path, columns, known))
  elseif not names then
    errors.raise(columns)
  end
  return csv_table.new(path, names, columns, options and options.missing or MISSING)
end

--- The names "1", "2" and so on.
local function positions(n)
  local names = {}
  for i = 1, n do
    names[i] = ("%d"):format(i)
  end
  return names
end

--- Raises for a hole or a field in a list.
local function check_list(list, what)
  local hole = collections.hole(list)
  if hole then
    errors.fail("write_csv: %s is a list, and has %s", what, hole)
  end
end

--- Names, columns and number of rows of a table with a list of names.
local function from_table(t)
  local is_read, columns, names, rows = csv_table.is_instance(t), {}, t.names, nil
  if #names == 0 then
    errors.fail "write_csv: names is a list of columns' names, and is empty"
  end
  check_list(names, "names")
  for i, name in ipairs(names) do
    local column = t[name]
    if is_read then
      column = t:get(name)
    end
    if type(column) == "table" then
      check_list(column, ("column '%s'"):format(printable.name(name)))
      column = type(column[1]) == "number" and core.array(column) or column
    end
    local is_array = types.is_array(column)
    if not is_array and type(column) ~= "table" then
      errors.fail("write_csv: column '%s' is %s, not an array or a list of texts",
        printable.name(name), column == nil and "missing" or "a " .. type(column))
    elseif is_array and column.ndim ~= 1 then
      errors.fail("write_csv: column '%s' has shape %s, not (n)", printable.name(name),
        tostring(column.shape))
    elseif rows and #column ~= rows then
      errors.fail("write_csv: column '%s' has %d rows, and '%s' %d", printable.name(name), #column,
        printable.name(names[1]), rows)
    end
    columns[i], rows = column, #column
  end
  return names, columns, rows
end

--- Names, array and number of rows of a vector or matrix.
local function from_array(value, names)
  if type(value) ~= "table" and not types.is_array(value) then
    errors.fail("write_csv: an array or a table of columns is needed behind the path, not %s",
      errors.describe(value))
  elseif type(value) == "table" and #value == 0 and next(value) ~= nil then
    errors.fail 'write_csv: a table of columns has the list names, too: {names = {"a"}, a = x}'
  end
  local a = types.is_array(value) and value or core.array(value)
  if a.ndim < 1 or a.ndim > 2 then
    errors.fail("write_csv: an array of shape (rows) or (rows, columns) is needed, not %s",
      tostring(a.shape))
  end
  local columns = a.ndim == 2 and a.shape[2] or 1
  if names ~= nil and (type(names) ~= "table" or #names ~= columns) then
    errors.fail("write_csv: %d name%s needed, not %s", columns, columns == 1 and " is" or "s are",
      type(names) == "table" and #names or errors.describe(names))
  end
  check_list(names or {}, "names")
  return names or positions(columns), a, #a
end

--- Writes a CSV file, atomically: the columns of a table that `pg.read_csv` has returned, or an
--- array with names for its columns, "1", "2" and so on without. A plain table has a list `names`,
--- and by these names arrays of one length and lists of texts.
---
--- `pg.read_csv` with the same delimiter and decimal reads the same back to the bit: floats have
--- the shortest digits that are read as the same double, and `.0` where they are whole; float32 is
--- read as float64, other integers and booleans as int64, and a NaN's payload is lost. A column of
--- texts that are all numbers or missing needs `kinds = {name = "text"}`. Integers beyond int64,
--- names that are empty or come twice, zero bytes and texts that are not UTF-8 raise; the file that
--- was there then stays.
---
---     pg.write_csv("p.csv", pg.array {{1, 0.5}, {2, 0.25}}, {"id", "p"})  --> true
---     pg.read_csv("p.csv"):array()
---     --> [[1.  , 0.5 ],
---     -->  [2.  , 0.25]] float64 (2, 2)
---     scores = {names = {"name", "score"}, name = {"a", "b"}}
---     scores.score = pg.array {1.5, 2}
---     pg.write_csv("scores.csv", scores)  --> true
---@param path string
---@param value perigee.csv.table|perigee.like|table
---@param names? string[]  for an array
---@param options? { delimiter?: string, decimal?: string }  delimiter = "," (one character);
---   decimal = "." (or ",")
---@return true
function csv.write(path, value, names, options)
  if not types.is_path(path) then
    errors.raise("write_csv: a path is needed, a text without zero bytes, not %s",
      errors.describe(path))
  end
  local is_table = type(value) == "table" and type(value.names) == "table"
  if options == nil and type(names) == "table" and #names == 0
    and (is_table or next(names) ~= nil) then
    names, options = nil, names
  end
  if is_table and names ~= nil then
    errors.raise "write_csv: a table has names of its own"
  end
  local list, columns, rows = errors.try(is_table and from_table or from_array, value, names)
  if not list then
    errors.raise(errors.prefixed("write_csv", columns))
  end
  local written, message = errors.try(core.write_csv, path, list, columns, rows, options)
  if not written then
    errors.raise(message)
  end
  return true
end

return csv
