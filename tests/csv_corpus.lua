-- Reads CSV files that a script draws, and compares with Python's csv module and float(), and with
-- pandas where that is installed; writes each table and reads it again; in the C locale and in one
-- with a decimal comma.
--
--   build/perigee tests/csv_corpus.lua [cases=2000] [seed=1]

local options = require "perigee.options"
local pg = require "perigee"
local uv = require "luv"

local o = options.read(arg, { cases = 2000, seed = 1 })
local HERE = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$"

local folder = os.tmpname()
os.remove(folder)
assert(os.execute(("mkdir '%s' && mkdir '%s/locale'"):format(folder, folder)))

local function bits_of(column)
  local values = column:tolist()
  for i, value in ipairs(values) do
    values[i] = (column.dtype == "int64" and "<i8" or "<d"):pack(value)
  end
  return (table.concat(values):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function same(case, t, what)
  for i, name in ipairs(case.names) do
    assert(t.names[i] == name, what .. ": names")
    local expected, column = case.columns[i], t:get(name)
    if expected.dtype then
      assert(type(column) == "userdata" and column.dtype == expected.dtype,
        what .. ": dtype of column " .. i)
      assert(expected.bits == bits_of(column), what .. ": bits of column " .. i)
    else
      assert(type(column) == "table" and #column == #expected, what .. ": column " .. i)
      for row, text in ipairs(expected) do
        assert(column[row] == text, ("%s: row %d of column %d"):format(what, row, i))
      end
    end
  end
end

local function check(i)
  local path = ("%s/%d.csv"):format(folder, i)
  local case = dofile(("%s/%d.lua"):format(folder, i))
  local how = { delimiter = case.delimiter, decimal = case.decimal }
  local reads, t = pcall(pg.read_csv, path, how)
  if case.fails then
    assert(not reads and t:find(case.fails, 1, true), ("%s: %s, not %s"):format(path, case.fails,
      tostring(t)))
    return
  end
  assert(reads, t)
  same(case, t, path)
  local again = folder .. "/again.csv"
  pg.write_csv(again, t, how)
  how.kinds = {}
  for n, column in ipairs(case.columns) do
    how.kinds[n] = column.dtype and "number" or "text"
  end
  local back = pg.read_csv(again, how)
  same(case, back, path .. ", written")
end

local script = ("%s/csv_corpus.py"):format(HERE)
local pipe = assert(io.popen(("/usr/bin/python3 '%s' '%s' %d %d"):format(script, folder, o.cases,
  o.seed)))
local python = pipe:read "a"
assert(pipe:close(), "the corpus was not drawn")

local function check_all()
  for i = 1, o.cases do
    check(i)
  end
end
check_all()
local locale = "no other, without localedef"
if os.execute(("localedef -i de_DE -f UTF-8 '%s/locale/de_DE.UTF-8' >/dev/null 2>&1"):format(
  folder)) then
  locale = "de_DE.UTF-8"
  uv.os_setenv("LOCPATH", folder .. "/locale")
  assert(os.setlocale(locale) and ("%.1f"):format(0.5) == "0,5")
  check_all()
end
os.execute(("rm -rf '%s'"):format(folder))
print(("%d files as Python's csv and float() read them (%s), written and read again; C, %s")
  :format(o.cases, python:match "%C+", locale))
