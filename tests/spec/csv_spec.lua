-- pg.read_csv, the table that it returns, and pg.write_csv.

local pg = require "perigee"
local support = require "tests.support"
local live_bytes, raises_here = support.live_bytes, support.raises_here

local folder, path

setup(function()
  folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir '" .. folder .. "'"))
  path = folder .. "/t.csv"
end)

teardown(function()
  os.execute("rm -rf '" .. folder .. "'")
end)

local function write(text)
  local file <close> = assert(io.open(path, "wb"))
  file:write(text)
  return path
end

local function written()
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function read(text, options)
  return pg.read_csv(write(text), options)
end

--- The bytes of a column's numbers, and its dtype.
local function bits(column)
  local list = column:tolist()
  for i, value in ipairs(list) do
    list[i] = (column.dtype == "int64" and "<i8" or "<d"):pack(value)
  end
  return table.concat(list), column.dtype
end

local function same_column(expected, column)
  if type(expected[1]) == "string" then
    return assert.same(expected, column)
  end
  local is_integers = math.type(expected[1]) == "integer"
  assert.same({ bits(pg.array(expected, is_integers and "int64" or "float64")) },
    { bits(column) })
end

--- Checks the columns that a text is read as.
local function columns(text, names, ...)
  local t = read(text)
  assert.same(names, t.names)
  for i, expected in ipairs { ... } do
    same_column(expected, t[i])
  end
end

--- Checks the column that cells are read as; each is a line.
local function column(cells, expected, options)
  same_column(expected, read("x\n" .. table.concat(cells, "\n") .. "\n", options).x)
end

local NAN = tonumber "nan" or -(0 / 0)

describe("pg.read_csv", function()
  it("reads columns of integers, floats and texts", function()
    columns("a,b,c\n1,0.5,x\n-2,1e3,y z\n", { "a", "b", "c" }, { 1, -2 }, { 0.5, 1000.0 },
      { "x", "y z" })
  end)

  it("reads all line ends, and a last line without one", function()
    for _, text in ipairs { "a,b\n1,x\n2,y\n", "a,b\r\n1,x\r\n2,y\r\n", "a,b\r1,x\r2,y\r",
      "a,b\r\n1,x\n2,y", "a,b\r1,x\n\r\n2,y\r\n", "\n\na,b\n\n1,x\n  \n\t\n2,y\n\n" } do
      columns(text, { "a", "b" }, { 1, 2 }, { "x", "y" })
    end
  end)

  it("reads quotes, delimiters and line breaks in cells", function()
    columns('"a","b ""c"""\n"1","x,y"\n"2","l1\nl2\r\nl3"\n', { "a", 'b "c"' }, { 1, 2 },
      { "x,y", "l1\nl2\r\nl3" })
    columns('a,b\n1,5" pipe\n2,""\n', { "a", "b" }, { 1, 2 }, { '5" pipe', "" })
    columns('a\n""\n" "\n', { "a" }, { "", " " })
    columns('a,b\n"","x"\n"3","y"', { "a", "b" }, { NAN, 3.0 }, { "x", "y" })
  end)

  it("keeps the spaces of names and texts", function()
    columns(" a ,b b\n x, y \n", { " a ", "b b" }, { " x" }, { " y " })
  end)

  it("skips the mark of UTF-8", function()
    columns("\u{FEFF}a,b\n1,é\n", { "a", "b" }, { 1 }, { "é" })
    columns('\u{FEFF}"a",b\n1,2\n', { "a", "b" }, { 1 }, { 2 })
  end)

  it("reads a header alone, one cell, and rows without a header", function()
    local t = read "a,b"
    assert.equal(0, #t)
    assert.same({ 0 }, t.a.shape)
    columns("a\n1", { "a" }, { 1 })
    t = read("1,x\n2,y\n", { header = false })
    assert.same({ "1", "2" }, t.names)
    assert.same({ 1, 2 }, t[1]:tolist())
    assert.same({ "x", "y" }, t["2"])
    assert.equal(0, #read("\n\n1\n", { header = false }):labels(1)[{ {} }] - 1)
  end)

  it("gives NaN for what is missing, and keeps it in texts", function()
    column({ "1", "NA", "3" }, { 1.0, NAN, 3.0 })
    columns("a,b,c\n,1,\nNA,,x\n", { "a", "b", "c" }, { NAN, NAN }, { 1.0, NAN }, { "", "x" })
    column({ "1", "?", "-" }, { 1.0, NAN, NAN }, { missing = { "?", "-" } })
    column({ "1", "-999", "-999.0" }, { 1.0, NAN, -999.0 }, { missing = { "-999" } })
    column({ "1", "NA" }, { "1", "NA" }, { missing = {} })
    column({ "1", "N/A" }, { "1", "N/A" })
  end)

  it("reads the forms of numbers that Python's float reads in ASCII", function()
    column({ "1.", ".5", "-.5e1", "+1", "1E5", "1e-5", "0001", " 2\t" },
      { 1.0, 0.5, -5.0, 1.0, 1e5, 1e-5, 1.0, 2.0 })
    column({ "inf", "-Inf", "+infinity", "NaN", "nan" },
      { math.huge, -math.huge, math.huge, NAN, NAN })
    for _, text in ipairs { "1_000", "0x10", "\u{661}", "1,5", "1e", "e5", "+", "-", ".", "1 2",
      "--1", "1e5.0", "infinit", "1d5", "TRUE", "\u{A0}1", "1e+", "12 %" } do
      assert.same({ text, "1" }, read('x\n"' .. text .. '"\n1\n').x)
    end
  end)

  it("keeps integers that fit int64, and rounds others", function()
    column({ "9223372036854775807", "-9223372036854775808", "+1", "-0",
      "000000000000000000000001" }, { math.maxinteger, math.mininteger, 1, 0, 1 })
    column({ "9223372036854775808", "1" }, { 2 ^ 63, 1.0 })
    column({ "-9223372036854775809" }, { -2 ^ 63 })
    column({ "9007199254740993", "0.5" }, { 9007199254740992.0, 0.5 })
    column({ "1" .. ("0"):rep(400) }, { math.huge })
  end)

  it("keeps the sign of zeros among floats, wherever they become floats", function()
    column({ "-0", "0.5" }, { -0.0, 0.5 })
    column({ "1", "-0", "2", "NA" }, { 1.0, -0.0, 2.0, NAN })
    local cells = {}
    for i = 1, 200000 do
      cells[i] = i % 1000 == 0 and "-0" or "7"
    end
    cells[#cells + 1] = "0.5"
    local x = read("x\n" .. table.concat(cells, "\n")).x
    assert.equal("-inf", tostring(1 / x:get(1000)))
    assert.equal(7.0 * 199800 + 0.5, x:sum())
  end)

  it("rounds to the nearest double, with any number of digits", function()
    column({ "0.1", "5e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "1e-400",
      "1e400", "1.7976931348623158e308", "1.7976931348623159e308", "2.2250738585072011e-308",
      "8.41e21", "9007199254740993.0", "9007199254740992.99999999999999999999",
      "9007199254740993" .. ("0"):rep(2000) .. ".", "0." .. ("0"):rep(400) .. "1e401" },
      { 0.1, 5e-324, 0.0, 5e-324, 0.0, math.huge, 1.7976931348623157e308, math.huge,
        2.2250738585072011e-308, 8.41e21, 9007199254740992.0, 9007199254740992.0, math.huge, 1.0 })
    -- 1 + 2^-53, between two doubles, and a little more
    local middle = "1.00000000000000011102230246251565404236316680908203125"
    column({ middle, middle .. ("0"):rep(900), middle .. ("0"):rep(900) .. "1" },
      { 1.0, 1.0, 1.0000000000000002 })
  end)

  it("reads other delimiters and decimal commas", function()
    local t = read("a;b\n1,5;x,y\n-2;z\n", { delimiter = ";", decimal = "," })
    same_column({ 1.5, -2.0 }, t.a)
    assert.same({ "x,y", "z" }, t.b)
    assert.same({ "1.5", "2" }, read("a\n1.5\n2\n", { delimiter = ";", decimal = "," }).a)
    t = read("a\tb\n1\t\n\t2\n", { delimiter = "\t" })
    same_column({ 1.0, NAN }, t.a)
    same_column({ NAN, 2.0 }, t.b)
    assert.same({ 3 }, read("a b\n2 3\n", { delimiter = " " }).b:tolist())
    assert.same({ 3 }, read("a|b\n2|3\n", { delimiter = "|" }).b:tolist())
  end)

  it("reads columns as their kinds say", function()
    local t = read("zip,age\n01234,7\n5,NA\n", { kinds = { zip = "text", age = "number" } })
    assert.same({ "01234", "5" }, t.zip)
    same_column({ 7.0, NAN }, t.age)
    for _, name in ipairs { 1, "1" } do
      assert.same({ "1" }, read("1,2\n", { header = false, kinds = { [name] = "text" } })[1])
    end
    for _, name in ipairs { "0", "3", "a", "" } do
      raises_here(("t.csv has no '%s'"):format(name), function()
        read("1,2\n", { header = false, kinds = { [name] = "text" } })
      end)
    end
    raises_here(("'%s...' is not a number"):format(("é"):rep(23)), function()
      read("a\n" .. ("é"):rep(30) .. "\n", { kinds = { a = "number" } })
    end)
    raises_here(("'x%s...' is not a number"):format(("é"):rep(22)), function()
      read("a\nx" .. ("é"):rep(30) .. "\n", { kinds = { a = "number" } })
    end)
    raises_here("t.csv: line 4, column 2 ('age'): 'x y' is not a number", function()
      read('zip,age\n\n1,2\n3,"x y"\n', { kinds = { age = "number" } })
    end)
    raises_here("read_csv: kinds: " .. path .. " has no 'aeg'; it has age, b; did you mean 'age'?",
      function() read("age,b\n1,2\n", { kinds = { aeg = "text" } }) end)
    for _, kinds in ipairs { { [2] = "text", b = "number" }, { [2] = "number", b = "text" } } do
      raises_here("read_csv: kinds: column 2 comes twice", function()
        read("age,b\n1,2\n", { kinds = kinds })
      end)
    end
    raises_here("'number' or 'text', not int", function()
      read("age\n1\n", { kinds = { age = "int" } })
    end)
    raises_here("has columns 1 to 1, not 2", function()
      read("age\n1\n", { kinds = { [2] = "text" } })
    end)
  end)

  it("reads gzip, of several members, too", function()
    if not os.execute "gzip --version >/dev/null 2>&1" then
      return pending "gzip is not installed"
    end
    local lines = { "a,b" }
    for i = 1, 100000 do
      lines[#lines + 1] = ("%d,t%d"):format(i, i % 7)
    end
    write(table.concat(lines, "\n") .. "\n")
    os.execute(("gzip -kf '%s' && printf '5,x\n' | gzip >> '%s.gz'"):format(path, path))
    local t = pg.read_csv(path .. ".gz")
    assert.equal(100001, #t)
    assert.equal(100000 * 100001 // 2 + 5, t.a:sum())
    assert.same({ "t1", "t5", "x" }, { t.b[1], t.b[100000], t.b[100001] })
    os.execute(("head -c 1000 '%s.gz' > '%s'"):format(path, path))
    raises_here("t.csv", function() pg.read_csv(path) end)
  end)

  it("raises for rows, names and quotes that are wrong, with line and column", function()
    for text, message in pairs {
      ["a,b\n1,2\n3\n"] = "line 3, column 2 ('b'): the row has 1 cell where the first has 2",
      ["a,b\n\n1,2,3,4\n"] = "line 3, column 3: the row has 4 cells where the first has 2",
      ["a,b\n1,2,\n"] = "line 2, column 3: the row has 3 cells where the first has 2",
      ["a;b\n1,5;2\n"] = "line 2, column 2: the row has 2 cells where the first has 1; is it "
        .. "delimiter = ';'?",
      ["a,b,a\n1,2,3\n"] = "line 1, column 3 ('a'): an earlier column has the same name",
      ["\n,a\n0,1\n"] = "line 2, column 1 (''): the column has no name (pandas",
      ["a,\n0,1\n"] = "line 1, column 2 (''): the column has no name: a delimiter ends the row",
      ["a,,b\n0,1,2\n"] = "line 1, column 2 (''): the column has no name",
      ['a,b\n1,"x"y\n'] = "line 2, column 2 ('b'): bytes follow a closing quote",
      ['a,b\n1,"x" \n'] = "line 2, column 2 ('b'): bytes follow a closing quote",
      ['a,b\n"1\n2",3\n4,"5\n6\n'] = "line 4, column 2 ('b'): a quote that is never closed",
      ['a,"b\n1,2\n'] = "line 1, column 2: a quote that is never closed",
      ["a,b\n1,\0\n"] = "line 2, column 2 ('b'): a zero byte",
      ["a,b\r1,caf\xE9\r"] = "line 2, column 2 ('b'): not UTF-8, perhaps Latin-1",
      ["a,caf\xE9\n"] = "line 1, column 2 ('caf?'): not UTF-8",
      [""] = "it is empty", ["\n \r\n"] = "it is empty", ["\u{FEFF}"] = "it is empty",
      ["\xFF\xFEa\0\n\0"] = "text in UTF-16", ["a\0b\0\n\0"] = "a zero byte",
      ["PK\3\4\20\0"] = "not a CSV file, but a ZIP archive",
      ["\n<!DOCTYPE html><html>"] = "not a CSV file, but an HTML page",
      ["BZh91AY&SY\x9b\1\x05\xe2"] = "not a CSV file, but a bzip2 file",
      ["BMI,caf\xE9\n"] = "line 1, column 2 ('caf?'): not UTF-8",
    } do
      raises_here(message, function() read(text) end)
    end
  end)

  it("raises for a path and for options that are wrong", function()
    raises_here("none.csv: No such file", function() pg.read_csv(folder .. "/none.csv") end)
    raises_here("it is a directory", function() pg.read_csv(folder) end)
    local function fails(text, options)
      raises_here(text, function() read("a\n1\n", options) end)
    end
    fails("delimiter must be one character", { delimiter = "::" })
    fails("delimiter must be one character", { delimiter = "" })
    for _, delimiter in ipairs { '"', "\n", "\r", "\0", "1", "-", ".", "e", "\xC3" } do
      fails("delimiter must be one character", { delimiter = delimiter })
    end
    fails("decimal must be '.' or ','", { decimal = ":" })
    fails("read_csv: decimal and delimiter are both ','", { decimal = "," })
    fails("header must be true or false", { header = 1 })
    fails("missing must be a list of texts", { missing = "NA" })
    fails("missing must be a list of texts", { missing = { 1 } })
    for _, missing in ipairs { { age = "NA" }, { "NA", age = "NA" }, { [0] = "NA" } } do
      fails("read_csv: missing must be a list of texts, which count in all columns, not a table "
        .. "with the key", { missing = missing })
    end
    fails("kinds must be a table", { kinds = "number" })
    fails("unknown option 'sep'", { sep = ";" })
  end)

  it("takes no more than max_bytes", function()
    local text = "a,b\n1,xy\n2,z\n"
    assert.equal(2, #read(text, { max_bytes = 16 + 2 * 16 + 3 }))
    raises_here("more than max_bytes = 50", function() read(text, { max_bytes = 50 }) end)
    raises_here("more than max_bytes = 15", function() read(text, { max_bytes = 15 }) end)
    assert.equal(2, #read("a\n1\n2\n", { max_bytes = 16 }))
    raises_here("t.csv: its 1 columns of 2 rows take 16 bytes", function()
      read("a\n1\n2\n", { max_bytes = 15 })
    end)
  end)

  it("takes no more memory than max_bytes on the way, whatever is packed #memory", function()
    if not os.execute "gzip --version >/dev/null 2>&1" then
      return pending "gzip is not installed"
    end
    local PROGRAM = os.getenv "PERIGEE" or "build/perigee"
    --- The message of a reading with a limit of 1000 bytes, whose process stays small.
    local function message_of(shell)
      assert(os.execute(("{ %s; } | gzip > '%s'"):format(shell, path)))
      local pipe <close> = assert(io.popen(([['%s' -e '
        local pg = require "perigee"
        print(select(2, pcall(pg.read_csv, "%s", { max_bytes = 1000 })))
        print(io.open("/proc/self/status"):read("a"):match "VmHWM:%%s*(%%d+)")' 2>&1]]):format(
        PROGRAM, path)))
      local message, memory = pipe:read("l", "n")
      assert.is_true(memory < 40000, memory)
      return message
    end
    assert.matches("line 2, column 2 ('b'): the row is longer than max_bytes",
      message_of [[printf 'a,b\n1,"'; head -c 60000000 /dev/zero | tr '\0' x; echo '"']], 1, true)
    assert.matches("line 1, column 1: the row is longer than max_bytes",
      message_of [[head -c 60000000 /dev/zero | tr '\0' x; printf '\n1\n']], 1, true)
    assert.matches("its 50 columns of 100001 rows take 80000800 bytes or more",
      message_of(("r=%sx; echo $(seq -s, 50); yes $r | head -n 100001"):format(("x,"):rep(49))), 1,
      true)
  end)

  it("passes millions of empty lines over, a piece at a time", function()
    local lines = ("\n"):rep(1000000)
    local t = read(lines .. "a,b\n" .. lines .. "1,x\n" .. lines .. "2,y\n" .. lines)
    assert.same({ 1, 2 }, t.a:tolist())
    assert.same({ "x", "y" }, t.b)
  end)

  it("reads the same on any number of threads, and keeps no memory", function()
    local lines = { "i,x,late,t" }
    for i = 1, 60000 do
      lines[#lines + 1] = ("%d,%.17g,%s,%s"):format(i * 7919 % 1000003, i / 7,
        i == 50000 and "word" or i, i % 3 == 0 and '"a\nb"' or "c")
    end
    write(table.concat(lines, "\n"))
    local before = live_bytes()
    local function make()
      local t = pg.read_csv(path)
      assert.equal("50000,1", t.late[49999] + 1 .. "," .. #t.late // 60000)
      assert.same({ "c", "c", "a\nb", "word" }, { t.t[1], t.t[59998], t.t[60000], t.late[50000] })
      return { t.i, t.x }
    end
    support.assert_same_bits(make)
    assert.equal(1 / 7, make()[2]:get(1))
    assert.equal(before, live_bytes())
  end)

  it("reads thousands of columns, and cells longer than a piece of the file", function()
    local names, cells = {}, {}
    for i = 1, 5000 do
      names[i], cells[i] = "c" .. i, i
    end
    local row = table.concat(cells, ",")
    local t = read(table.concat(names, ",") .. "\n" .. row .. "\n" .. row)
    assert.same({ 5000, 5000 }, t.c5000:tolist())
    assert.same({ 2, 5000 }, t:array().shape)
    raises_here("has no 'C4999'; did you mean 'c4999'?", function() return t.C4999 end)
    raises_here("has no 'c4999x'", function() return t.c4999x end)
    local long = ("x,\"\"\n"):rep(100000)
    assert.equal((","):rep(1100000), read('"' .. (","):rep(1100000) .. '",b""\n1,2\n').names[1])
    t = read('a,b\n1,"' .. long .. '"\n2,y\n')
    assert.equal(long:gsub('""', '"'), t.b[1])
    assert.same({ 1, 2 }, t.a:tolist())
  end)
end)

describe("a table of a CSV file", function()
  local TEXT = "length,names,species\n5.1,a,setosa\n6.3,b,virginica\n4.9,c,setosa\n"

  it("gives columns by name and position", function()
    local t = read(TEXT)
    assert.equal(3, #t)
    assert.same({ "length", "names", "species" }, t.names)
    assert.same({ 5.1, 6.3, 4.9 }, t.length:tolist())
    assert.same({ "a", "b", "c" }, t:get "names")
    assert.equal(t.length, t[1])
    assert.equal(t.length, t:get(1))
    assert.is_nil(t:get "weight")
    assert.is_nil(t:get(4))
    raises_here("t.csv has no 'lenght'; it has length, names, species; did you mean 'length'?",
      function() return t.lenght end)
    raises_here("has columns 1 to 3, not 5", function() return t[5] end)
    local columns_of = {}
    for i, each in ipairs(t) do
      columns_of[t.names[i]] = each
    end
    assert.same({ length = t.length, names = t:get "names", species = t.species }, columns_of)
    raises_here("it has length, names, species; #csv is the number of rows", function()
      return t.shape
    end)
    raises_here("has no field 'length' that can be set", function() t.length = 1 end)
    local seen = {}
    for name, each in pairs(t) do
      seen[#seen + 1] = name .. #each
    end
    assert.same({ "length3", "names3", "species3" }, seen)
    assert.matches("3 columns of 3 rows\n  length   float64\n  names    texts", tostring(t))
  end)

  it("has columns of any name, beside its own fields", function()
    local names = { "_rows", "_names", "_columns", "_missing", "_path", "__len", "get" }
    local t = read(table.concat(names, ",") .. "\n1,2,3,4,5,6,7\n")
    for i, name in ipairs(names) do
      assert.same({ i }, t:get(name):tolist())
      assert.same({ i }, name == "get" and { i } or t[name]:tolist())
    end
    assert.equal(1, #t)
    assert.same(names, t.names)
  end)

  it("keeps its names and missing texts when the lists that are given out or in change", function()
    local missing = { "?" }
    local t = read("a,y\n1,x\n2,?\n", { missing = missing })
    local names = t.names
    table.remove(names)
    missing[1] = "x"
    assert.same({ "a", "y" }, t.names)
    assert.matches("2 columns of 2 rows", tostring(t))
    raises_here("labels: row 2 of column 'y' is missing", function() t:labels "y" end)
    local copy = folder .. "/copy.csv"
    pg.write_csv(copy, t)
    assert.same({ "a", "y" }, pg.read_csv(copy).names)
    pcall(function() t._path = "x" end)
    assert.matches("t.csv: 2 columns", tostring(t))
  end)

  it("is no array, and says how to make one", function()
    for _, text in ipairs { "a,b\n1,2\n", "a,b\n" } do
      local t = read(text)
      for _, f in ipairs { pg.array, pg.mean, pg.split, pg.standardise,
        function(x) return pg.stack { x, x } end, function(x) return pg.Model(x, { 0 }) end } do
        local worked, message = pcall(f, t)
        assert.is_false(worked)
        assert.matches("a table of a CSV file is no array: csv:array{", message, 1, true)
      end
    end
  end)

  it("puts columns side by side", function()
    local t = read "a,b,c\n1,0.5,x\n2,1.5,y\n"
    assert.same({ { 1.0, 0.5 }, { 2.0, 1.5 } }, t:array({ "a", "b" }):tolist())
    assert.equal("int64", t:array({ "a" }).dtype)
    assert.same({ 2, 1 }, t:array({ 1 }).shape)
    raises_here("array: column 'c' is texts (row 1 is 'x')", function() t:array() end)
    raises_here("array: " .. path .. " has no 'd'", function() t:array { "a", "d" } end)
    raises_here("array: a list of columns is needed", function() t:array "a" end)
    raises_here("array: a list of columns is needed", function() t:array {} end)
    raises_here("array: the columns must be a list, not one with nil at position 2", function()
      t:array { "a", nil, "b" }
    end)
  end)

  it("tells which text makes texts of a column of numbers", function()
    local t = read 'n,d,z,m\n1,"1,5",x,NA\n,"2,5",1,\nnull,3,2,3e\n'
    raises_here("array: column 'n' is texts (row 3 is 'null' among numbers; missing = "
      .. '{"", "NA", "null"} takes it for a missing one); csv:labels "n"', function()
      t:array { "n" }
    end)
    raises_here("column 'd' is texts (row 1 is '1,5'; decimal = \",\" reads decimal commas)",
      function() t:array { 2 } end)
    raises_here("column 'z' is texts (row 1 is 'x' among numbers", function() t:array { "z" } end)
    raises_here("column 'm' is texts (row 3 is '3e')", function() t:array { "m" } end)
    t = read("z\n01\n02\n", { kinds = { z = "text" } })
    raises_here("column 'z' is texts (row 1 is '01')", function() t:array() end)
  end)

  it("numbers the classes of a column", function()
    local t = read "s,n,f,m\nb,7,0.5,x\na,-1,0.25,\nB,7,0.5,y\nb,3,nan,y\n"
    local labels, classes = t:labels "s"
    assert.same({ 2, 1, 0, 2 }, labels:tolist())
    assert.equal("int64", labels.dtype)
    assert.same({ "B", "a", "b" }, classes)
    assert.same({ 1, 2, 0, 1 }, t:labels("s", { "B", "b", "a" }):tolist())
    labels, classes = t:labels "n"
    assert.same({ 2, 0, 2, 1 }, labels:tolist())
    assert.same({ -1, 3, 7 }, classes)
    assert.same({ 0, 1, 0, 2 }, t:labels("n", { 7.0, -1, 3 }):tolist())
    raises_here("labels: row 3 of column 's' is 'B', which is no class; there are b, a", function()
      t:labels("s", { "b", "a" })
    end)
    raises_here("labels: row 4 of column 'f' is missing", function() t:labels "f" end)
    raises_here("labels: row 2 of column 'm' is missing", function() t:labels "m" end)
    assert.same({ 1, 0, 2, 2 }, t:labels("m", { "", "x", "y" }):tolist())
    t = read "f\n0.1\n0.30000000000000004\n0.3\n1e300\n2.0\n"
    labels, classes = t:labels "f"
    local m = pg.Model(pg.ones(5, 1), labels, { names = classes, hidden = 1, seed = 0 })
    assert.same({ "0.1", "0.3", "0.30000000000000004", "2.0", "1e+300" }, m.names)
    assert.same(labels:tolist(), t:labels("f", m.names):tolist())
    raises_here("is '0.30000000000000004', which is no class; there are 0.1, 0.3", function()
      t:labels("f", { 0.1, 0.3 })
    end)
    t = read "s,n,f,m\nb,7,0.5,x\n"
    raises_here("class 'a' comes twice", function() t:labels("s", { "a", "a" }) end)
    raises_here("labels: the classes must be a list, not one with a field 'n'", function()
      t:labels("s", { "a", n = "b" })
    end)
    raises_here("classes are a list that is not empty", function() t:labels("s", {}) end)
    raises_here("has no 'q'", function() t:labels "q" end)
  end)

  it("finds numbers by a model's names, which are texts", function()
    local t = read "class,f\n3,0.5\n1,-1\n3,0.5\n"
    local labels, classes = t:labels "class"
    local m = pg.Model({ { 0 }, { 1 }, { 2 } }, labels, { names = classes, hidden = 2 })
    assert.same({ "1", "3" }, m.names)
    assert.same({ 1, 0, 1 }, t:labels("class", m.names):tolist())
    assert.same({ 0, 1, 0 }, t:labels("f", { "0.5", "-1.0" }):tolist())
    raises_here("labels: row 2 of column 'class' is '1', which is no class; there are 3, x",
      function() t:labels("class", { "3", "x" }) end)
    raises_here("class 2 is neither text nor number", function()
      t:labels("class", { "3", {}, "1" })
    end)
    raises_here("class '3' comes twice", function() t:labels("class", { "3", 3 }) end)
    t = read "class\n3\n?\n"
    raises_here("labels: the classes are numbers, and column 'class' is texts (row 2 is '?' among",
      function() t:labels("class", { 1, 3 }) end)
  end)
end)

describe("pg.write_csv", function()
  --- Checks that a table is read back to the bit.
  local function round_trip(t, options)
    assert.is_true(pg.write_csv(path, t, options))
    local back = pg.read_csv(path, options)
    assert.same(t.names, back.names)
    for i = 1, #t.names do
      local expected, got = t:get(i), back:get(i)
      if type(expected) == "table" then
        assert.same(expected, got)
      else
        assert.same({ bits(expected) }, { bits(got) })
      end
    end
    return back
  end

  it("writes what is read back to the bit", function()
    local t = read('a,"b b",c,d\n1,0.1,x,\n-2,5e-324,"q""q,\n r",nan\n3,-0.0, s ,-inf\n'
      .. '4,1e22,"",2.5\n')
    round_trip(t)
    assert.equal('a,b b,c,d\n1,0.1,x,nan\n-2,5e-324,"q""q,\n r",nan\n3,-0.0," s ",-inf\n'
      .. "4,1e+22,,2.5\n", written())
    round_trip(t, { delimiter = ";", decimal = "," })
    assert.matches("1;0,1;x;nan\n", written())
    round_trip(t, { delimiter = "\t" })
    round_trip(t, { delimiter = " " })
  end)

  it("writes random doubles in the shortest digits", function()
    local list, state = {}, 1
    for i = 1, 20000 do
      state = state * 6364136223846793005 + 1442695040888963407
      local x = ("<d"):unpack(("<i8"):pack(i % 4 == 0 and state >> 12 or state))
      list[i] = x == x and x or i / 7
    end
    local a = pg.array(list)
    pg.write_csv(path, a)
    local back = pg.read_csv(path)["1"]
    assert.same({ bits(a) }, { bits(back) })
  end)

  it("writes arrays of all dtypes, with names or positions", function()
    pg.write_csv(path, pg.array { { 1, 0.5 }, { 2, -3 } }, { "a", "b" })
    assert.equal("a,b\n1.0,0.5\n2.0,-3.0\n", written())
    pg.write_csv(path, pg.array({ { 1, 2 }, { 3, 4 } }, "int8").T)
    assert.equal("1,2\n1,3\n2,4\n", written())
    pg.write_csv(path, pg.array { true, false })
    assert.equal("1\n1\n0\n", written())
    pg.write_csv(path, pg.array({ 0.1 }, "float32"))
    assert.equal(pg.array({ 0.1 }, "float32"):item(), pg.read_csv(path)[1]:item())
    pg.write_csv(path, { { 1, 2 }, { 3, 4 } }, { "x", "y" })
    assert.equal("x,y\n1.0,2.0\n3.0,4.0\n", written())
    for _, dtype in ipairs(support.dtypes) do
      pg.write_csv(path, pg.zeros({ 3, 2 }, dtype)["::-1"])
      assert.equal(0, pg.read_csv(path):array():sum())
    end
    pg.write_csv(path, pg.zeros { 0, 2 })
    assert.equal("1,2\n", written())
  end)

  it("writes tables of one's own", function()
    pg.write_csv(path, { names = { "n", "s", "l" }, n = pg.array { 1.5, 2 }, s = { "x", "" },
      l = { 1, 2 } })
    assert.equal("n,s,l\n1.5,x,1.0\n2.0,,2.0\n", written())
    raises_here("column 's' has 1 rows, and 'n' 2", function()
      pg.write_csv(path, { names = { "n", "s" }, n = pg.zeros(2), s = { "x" } })
    end)
    raises_here("column 's' is missing", function() pg.write_csv(path, { names = { "s" } }) end)
    raises_here("row 2 of column 1, a list of texts, is a boolean", function()
      pg.write_csv(path, { names = { "s" }, s = { "x", true } })
    end)
    for what, t in pairs {
      ["names is a list, and has nil at position 2"] = { names = { "a", nil, "b" }, a = { "x" } },
      ["column 'a' is a list, and has nil at position 2"] = { names = { "a" }, a = { 1, nil, 3 } },
      ["column 'b' is a list, and has nil at position 1"] = { names = { "b" }, b = { nil, "x" } },
      ["column 'c' is a list, and has a field 'n'"] = { names = { "c" }, c = { "x", n = 1 } },
    } do
      raises_here("write_csv: " .. what, function() pg.write_csv(path, t) end)
    end
    raises_here("write_csv: names is a list, and has a field 'delimiter'", function()
      pg.write_csv(path, pg.zeros(1, 2), { "a", "b", delimiter = ";" })
    end)
  end)

  it("writes texts that begin as a file of another kind, with control characters", function()
    for _, name in ipairs { "BMI", "GIF8", "RIFF", "PAR1", "BZh" } do
      pg.write_csv(path, { names = { name, "é" }, [name] = { "\27", "a" }, ["é"] = { 1, 2 } })
      assert.same({ "\27", "a" }, pg.read_csv(path)[1])
    end
  end)

  it("takes an empty table of options", function()
    pg.write_csv(path, { names = { "a" }, a = { "x" } }, {})
    assert.equal("a\nx\n", written())
  end)

  it("quotes what would be read as something else", function()
    for _, text in ipairs { "", " ", "\t", "a,b", '"', "a\rb", "\n", "\u{FEFF}x", "<html>", "x ",
      "\x1F" } do
      local name = text == "" and "e" or text
      pg.write_csv(path, { names = { name }, [name] = { text, "word" } })
      assert.same({ text, "word" }, pg.read_csv(path)[1])
    end
  end)

  it("raises for what would not be read back, and leaves the file", function()
    write "old"
    local function fails(message, ...)
      local arguments = table.pack(...)
      raises_here(message, function()
        pg.write_csv(path, table.unpack(arguments, 1, arguments.n))
      end)
      assert.equal("old", written())
    end
    fails(path .. ": two columns are named 'a'", pg.zeros(1, 2), { "a", "a" })
    fails(path .. ": the name of column 2: it is empty", pg.zeros(1, 2), { "a", "" })
    fails("a column's name is a text", pg.zeros(1, 2), { "a", 1 })
    fails("the name of column 1: not UTF-8", pg.zeros(1, 1), { "\xE9" })
    fails("2 names are needed, not 1", pg.zeros(1, 2), { "a" })
    fails("1 name is needed, not a", pg.zeros(1), "a")
    fails("a table of columns has the list names, too", { a = pg.zeros(1) })
    fails("an array or a table of columns is needed behind the path, not a.csv", "a.csv")
    fails(path .. ": row 1 of column 1 ('a'): a zero byte", { names = { "a" }, a = { "\0" } })
    fails("row 2 of column 1 ('a'): not UTF-8", { names = { "a" }, a = { "x", "\xE9" } })
    fails("row 2 of column 1 ('1'): an integer beyond int64", pg.array({ 1, 2 ^ 63 }, "uint64"))
    fails("(rows) or (rows, columns) is needed, not (1, 2, 3)", pg.zeros(1, 2, 3))
    fails("unknown option 'sep'", pg.zeros(1), { sep = ";" })
    fails("write_csv: decimal and delimiter", pg.zeros(1), { decimal = "," })
    fails("a table has names of its own", { names = { "a" }, a = pg.zeros(1) }, { "b" })
    raises_here("write_csv: a path is needed, a text without zero bytes, not an array", function()
      pg.write_csv(pg.zeros(1), path)
    end)
    raises_here("No such file", function() pg.write_csv(folder .. "/no/t.csv", pg.zeros(1)) end)
  end)
end)
