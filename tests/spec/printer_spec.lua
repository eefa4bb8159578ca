local colours = require "perigee.repl.pretty.colours"
local table_reader = require "perigee.repl.pretty.table_reader"
local pg = require "perigee"
local printer = require "perigee.repl.pretty.printer"
local terminal = require "perigee.util.terminal"
local escape = require "perigee.repl.pretty.escape"

local text = printer.text

local function lines_of(shown)
  return select(2, shown:gsub("\n", "")) + 1
end

--- The text of a value; fails if it takes long or has many lines.
local function shown_soon(value)
  collectgarbage()
  local began = os.clock()
  local shown = text(value)
  assert.is_true(os.clock() - began < (os.getenv "PERIGEE" and 2 or 0.2), "it took too long")
  assert.is_true(lines_of(shown) < 100)
  return shown
end

--- Sets a table's metatable; an empty table by default.
local function with(meta, t)
  return setmetatable(t or {}, meta)
end

-- --- what is short ------------------------------------------------------------------

describe("the printer", function()
  it("shows numbers, booleans and nil as Lua writes them", function()
    for _, value in ipairs { 1, -3, 1.0, 0.1, 1e100, math.huge, -math.huge, math.mininteger,
      0 / 0, true, false } do
      assert.equal(tostring(value), text(value))
    end
    assert.equal("nil", text(nil))
  end)

  it("shows a string in quotes, its control bytes and what is no UTF-8 as escapes", function()
    assert.equal([["a\tb\\\"'"]], text "a\tb\\\"'")
    assert.equal([["\x00\x1B[31m\x7F"]], text "\0\27[31m\127")
    assert.equal([["é€😀"]], text "é€😀")
    assert.equal([["\xFFé\xC3"]], text "\xffé\xc3")
    assert.equal([["\xED\xA0\x80"]], text "\xed\xa0\x80") -- half of a surrogate pair
    assert.equal([["\xC2\x9B1m\u{202E}\u{2028}"]], text "\u{9b}1m\u{202e}\u{2028}")
    assert.equal([["a\n\xFF"]], text "a\n\xff") -- lines of bytes are no text
  end)

  it("quotes strings so that Lua reads them back", function()
    math.randomseed(7)
    for _ = 1, 300 do
      local bytes = {}
      for i = 1, math.random(0, 40) do
        bytes[i] = string.char(math.random(0, 255))
      end
      local each = table.concat(bytes)
      local quoted = escape.quoted(each)
      assert.equal(each, load("return " .. quoted)())
      assert.is_truthy(utf8.len(quoted))
      assert.is_nil(quoted:find "%c")
    end
  end)

  it("shows a string that has line breaks as the text that it is", function()
    assert.equal("one\n\ttwo\n", text "one\n\ttwo\n")
    assert.equal("a\\x1B[2J\nb\\r", text "a\27[2J\nb\r")
    assert.equal([[{ "one\ntwo" }]], text { "one\ntwo" })
  end)

  it("shows a part of a long string, and says how much is left", function()
    assert.matches('^"x+"%.%.%. 8,000 more bytes$', text(("x"):rep(10000)))
    assert.equal(2 + 2010, #text(("x"):rep(2010)))
    assert.matches('^{ "x+"%.%.%. %d+ more bytes }$', text { ("x"):rep(900) })
    local several = text(("line\n"):rep(1000))
    assert.equal(101, lines_of(several))
    assert.matches("\n%.%.%. 4,501 more bytes$", several)
    local cut = text(("é"):rep(2000))
    assert.is_truthy(utf8.len(cut))
    assert.is_nil(cut:find "\\x")
  end)

  it("shows functions with their parameters and where they are from", function()
    local function add(a, b, ...)
      return a, b, ...
    end
    assert.matches("^function%(a, b, %.%.%.%) .*printer_spec%.lua:%d+$", text(add))
    assert.equal("function() x:1", text(load("return function() end", "=x")()))
    assert.matches("^function%(%?, %?%)", text(load(string.dump(function(a, b)
      return a, b
    end, true))))
    assert.equal("function print [C]", text(print))
    assert.equal("function string.format [C]", text(string.format))
    assert.equal("function perigee.zeros [C]", text(pg.zeros))
    assert.matches("^function perigee.dataset%(name%) .*dataset.lua:%d+$", text(pg.dataset))
    assert.is_nil(text(load("return function() end", "=\27[31m")()):find "\27")
  end)

  it("shows threads with their status, and userdata by their text", function()
    local thread = coroutine.create(function() end)
    assert.equal("thread (suspended)", text(thread))
    coroutine.resume(thread)
    assert.equal("{ thread (dead) }", text { thread })
    assert.matches("^file %(0x", text(io.stdout))
  end)
end)

-- --- tables --------------------------------------------------------------------------

describe("a table", function()
  it("is shown with its sequence first, then keys in order", function()
    assert.equal("{}", text {})
    assert.equal("{ 1, 2, 3 }", text { 1, 2, 3 })
    assert.equal('{ "x", [-1] = 0, [1.5] = 1, ["a b"] = 2, ["end"] = 3, x2 = 4, x10 = 5, '
      .. "[false] = 6, [true] = 7 }",
      text({ "x", [-1] = 0, [1.5] = 1, ["a b"] = 2, ["end"] = 3, x10 = 5, x2 = 4, [true] = 7,
        [false] = 6 }, 120))
    assert.matches("^{ %[function%(a%) .-%] = 1, %[table: 0x%x+%] = 2 }$",
      text({ [{}] = 2, [function(a) return a end] = 1 }, 200))
  end)

  it("shows holes in a sequence, and keys where most are missing", function()
    assert.equal("{ 1, nil, 3 }", text { 1, nil, 3 })
    assert.equal("{ [3] = 3 }", text { nil, nil, 3 })
    assert.equal("{ 1, 2, [4] = 4, [8] = 8, [16] = 16 }",
      text { 1, 2, [4] = 4, [8] = 8, [16] = 16 })
  end)

  it("takes a line for each entry where one is too short for all", function()
    local long = { name = ("n"):rep(30), list = { 1, 2 }, sub = { a = ("a"):rep(30) } }
    assert.equal(table.concat({
      "{",
      "  list = { 1, 2 },",
      '  name = "' .. ("n"):rep(30) .. '",',
      '  sub = { a = "' .. ("a"):rep(30) .. '" },',
      "}",
    }, "\n"), text(long))
  end)

  it("fills lines with the short values of a sequence", function()
    local list = {}
    for i = 1, 25 do
      list[i] = i * 1000
    end
    assert.equal("{\n  1000, 2000, 3000, 4000, 5000, 6000, 7000,\n  8000, 9000, 10000, 11000,"
      .. " 12000, 13000,\n  14000, 15000, 16000, 17000, 18000, 19000,\n  20000, 21000, 22000,"
      .. " 23000, 24000, 25000,\n}", text(list, 46))
  end)

  it("keeps to the width", function()
    local nested = { list = {}, name = "perigee", deep = { a = { b = { c = { 1, 2, 3 } } } } }
    for i = 1, 25 do
      nested.list[i] = { i, "t" .. i }
    end
    for width = 30, 200, 7 do
      for line in text(nested, width):gmatch "[^\n]+" do
        assert.is_true(#line <= width, line)
      end
    end
    assert.equal("{\n  " .. ("é"):rep(6), text({ pg.zeros, [("é"):rep(6)] = 1 }, 20)
      :gsub("function perigee%.zeros %[C%],\n  %[\"", ""):sub(1, 4 + 12))
  end)

  it("shows where a cycle leads, and a table that is met twice", function()
    local t = { sub = { list = {} } }
    t.self, t.sub.up, t.sub.list[1] = t, t, t.sub
    assert.equal("{ self = <cycle>, sub = { list = { <cycle: .sub> }, up = <cycle> } }", text(t))
    local twice = { 1 }
    assert.equal("{ { 1 }, { 1 }, x = { 1 } }", text { twice, twice, x = twice })
    local keyed = {}
    keyed[keyed] = keyed
    assert.matches("^{ %[table: 0x%x+%] = <cycle> }$", text(keyed))
  end)

  it("is not opened beyond a depth", function()
    assert.equal("{ { { { { ... 2 entries } } } } }", text { { { { { 1, a = 2 } } } } })
    assert.equal("{ { { { {} } } } }", text { { { { {} } } } })
    assert.equal("{ { ... 1 entry } }", text({ { 1 } }, 80, nil, 1))
    local deep = {}
    local inner = deep
    for _ = 1, 1e4 do
      inner[1] = {}
      inner = inner[1]
    end
    assert.equal("{ { { { { ... 1 entry } } } } }", shown_soon(deep))
  end)

  it("is summarised where it is long", function()
    local list = {}
    for i = 1, 1000 do
      list[i] = i
    end
    assert.matches("20,\n  %.%.%. 980 more\n}$", text(list))
    list.name = "x"
    assert.matches('%.%.%. 980 more\n  name = "x",\n}$', text(list))
    local keys = {}
    for i = 1, 1000 do
      keys["k" .. i] = i
    end
    assert.matches("k19 = 19,\n  k20 = 20,\n  %.%.%. 980 more\n}$", text(keys))
  end)

  it("of any size takes little time and few lines", function()
    local function nested(depth, n)
      local t = {}
      for i = 1, n do
        t[i] = depth == 1 and i or nested(depth - 1, n)
        t["f" .. i] = i
      end
      return t
    end
    local list, keys, few = {}, {}, {}
    for i = 1, 1e6 do
      list[i] = i
    end
    list.n = 5
    for i = 1, 1e5 do
      keys["k" .. i] = i
    end
    for i = 1, 20 do
      few[i] = keys
    end
    assert.matches("%.%.%. 999,980 more\n  n = 5,\n}$", shown_soon(list))
    assert.matches("%.%.%. more than %d,%d+ more\n}$", shown_soon(keys))
    assert.matches("^{\n  <cycle", shown_soon((function()
      local t = {}
      for i = 1, 30 do
        t[i] = t
      end
      return t
    end)()))
    shown_soon { keys, few, few }
    shown_soon(nested(4, 20))
    shown_soon(nested(8, 3))
    shown_soon(package.loaded)
    shown_soon(_G)
  end)

  it("keeps within its lines whatever the width", function()
    for _, width in ipairs { 1, 20, 40, 80, 200 } do
      assert.is_true(lines_of(text(package.loaded, width)) < 100)
    end
  end)
end)

-- --- metatables ------------------------------------------------------------------------

describe("a metatable", function()
  local function raise()
    error "boo"
  end

  it("gives a text, of which a table shows the first line", function()
    local card = with { __tostring = function() return "a\nb\27" end }
    assert.equal("a\nb\\x1B", text(card))
    assert.equal("{ a, x = a }", text { card, x = card })
  end)

  it("may raise", function()
    assert.matches("^<error in __tostring: .*boo>$", text(with { __tostring = raise }))
    assert.matches("^{ <error in __tostring: .*boo> }$", text { with { __tostring = raise } })
    assert.matches("^<error in __tostring: '__tostring' must return a string>$",
      text(with { __tostring = function() return {} end }))
    assert.equal("<error in __tostring: a table>", text(with { __tostring = function()
      error(with { __tostring = raise })
    end }))
    assert.matches("^<error in __tostring: .*call a number", text(with { __tostring = 1 }))
    assert.matches("^<error in __tostring: .*overflow>$", text(with { __tostring = tostring }))
    assert.equal("{ <error in __pairs: a nil> }", text(with { __pairs = function()
      error()
    end }))
    assert.equal("{ a = 1, <error in __pairs: x> }", text(with { __pairs = function()
      return function(_, key)
        if key then
          error("x", 0)
        end
        return "a", 1
      end
    end }))
  end)

  it("is not asked for anything else", function()
    local asked = with({ __index = raise, __len = raise, __eq = raise, __lt = raise, __call = raise,
      __metatable = 1, __name = "Point" }, { 1, x = 2 })
    assert.equal("Point { 1, x = 2 }", text(asked))
    assert.equal("{ a = Point { 1, x = 2 } }", text { a = asked })
    assert.equal("{}", text(with { __name = {} }))
    assert.equal("{}", text(with(with({ __index = raise }, {}))))
  end)

  it("gives its own entries by __pairs, in their order and not without end", function()
    assert.equal("{ 1, z = 2, y = 3 }", text(with { __pairs = function()
      local order, i = { { 1, 1 }, { "z", 2 }, { "y", 3 } }, 0
      return function()
        i = i + 1
        return table.unpack(order[i] or {})
      end
    end }))
    local endless = with { __pairs = function()
      return function(_, i) return (i or 0) + 1, "x" end
    end }
    assert.matches("%.%.%. more than 80 more\n}$", shown_soon(endless))
    assert.equal("{ { ... more than 100 entries } }", text({ endless }, 80, nil, 1))
  end)

  it("lets Ctrl-C through, and no other error", function()
    for _, name in ipairs { "__tostring", "__pairs" } do
      local stopped = with { [name] = function() error "interrupted!" end }
      assert.error_matches(function() text(stopped) end, "interrupted!$")
      assert.error_matches(function() text { { stopped } } end, "interrupted!$")
    end
    local value = { 1, { a = with { __tostring = function() return "x" end } }, print, pg.eye(2),
      pg, with { __pairs = function() return next, { 1 } end } }
    local whole, interrupts = text(value), 0
    for count = 1, 20000, 13 do
      local worked, shown = pcall(function()
        debug.sethook(function()
          debug.sethook()
          error "interrupted!"
        end, "", count)
        local shown = text(value)
        debug.sethook()
        return shown
      end)
      interrupts = interrupts + (worked and 0 or 1)
      assert.matches("interrupted!$", worked and "interrupted!" or shown)
      assert.equal(worked and whole or shown, shown)
    end
    assert.is_true(interrupts > 100)
    assert.equal("<a table that cannot be shown: x>", text({ 1 }, 80, function(style, each)
      return style == "error" and each or error("x", 0)
    end))
  end)
end)

-- --- arrays --------------------------------------------------------------------------------

describe("an array", function()
  it("is shown as print shows it, up to 100 elements", function()
    for _, a in ipairs { pg.zeros(3), pg.eye(3), pg.zeros(2000), pg.array(5), pg.zeros(0, 3),
      pg.range(1, 100), pg.zeros(10, 10) } do
      assert.equal(tostring(a), text(a))
    end
  end)

  it("is shown by its edges, if it has more", function()
    assert.equal("[  1,   2,   3, ...,  99, 100, 101] int64 (101,)", text(pg.range(1, 101)))
    assert.equal("[[0., 0.],\n [0., 0.],\n [0., 0.],\n ...,\n [0., 0.],\n [0., 0.],\n [0., 0.]] "
      .. "float64 (60, 2)", text(pg.zeros(60, 2)))
    assert.equal(10, select(2, tostring(pg.range(1, 150)):gsub("\n", "")) + 1)
    assert.equal("[0., 0., 0., ..., 0., 0., 0.] float64 (101,)\t1",
      printer.line_up({ pg.zeros(101), 1 }, 2, 80))
  end)

  it("is told by dtype and shape in a table, if it is more than a short line", function()
    assert.equal("{ [1, 2, 3] int64 (3,), W = float32 (60, 784) }",
      text { pg.range(1, 3), W = pg.zeros(60, 784, "float32") })
    local freed = pg.zeros(3)
    freed:free()
    assert.equal("array (freed)", text(freed))
    assert.equal("{ array (freed) }", text { freed })
  end)
end)

-- --- several values --------------------------------------------------------------------------

describe("several values", function()
  it("stand side by side, nils included, where they fit", function()
    assert.equal("", printer.line_up({}, 0))
    assert.equal("1", printer.line_up({ 1 }, 1))
    assert.equal('1\tnil\t"a"\tnil', printer.line_up({ 1, nil, "a" }, 4))
  end)

  it("stand below each other where they do not", function()
    assert.equal("1\na\nb", printer.line_up({ 1, "a\nb" }, 2))
    local long = ("x"):rep(30)
    assert.equal(('"%s"\n"%s"\n1'):format(long, long), printer.line_up({ long, long, 1 }, 3, 60))
    assert.equal(('"%s"\t"%s"'):format(long, long), printer.line_up({ long, long }, 2, 72))
  end)
end)

-- --- reading back ------------------------------------------------------------------------------

describe("what is shown whole", function()
  local function random_string()
    local pieces = { "a", "end", "x1", "é", "\n", "\0", '"', "\\", "\27", "\xff", "7", " ", "]]" }
    local parts = {}
    for i = 1, math.random(0, 3) do
      parts[i] = pieces[math.random(#pieces)]
    end
    return table.concat(parts)
  end

  local function random_scalar()
    local kind = math.random(4)
    if kind == 1 then
      return math.random(-1000, 1000)
    elseif kind == 2 then
      return math.random(-1000, 1000) / 8
    elseif kind == 3 then
      return math.random() < 0.5
    end
    return random_string()
  end

  local function random_table(depth)
    local t = {}
    for _ = 1, math.random(0, 5) do
      local key = math.random() < 0.5 and #t + 1 or random_scalar()
      t[key] = depth > 1 and math.random() < 0.4 and random_table(depth - 1) or random_scalar()
    end
    return t
  end

  it("is read back by Lua as an equal table", function()
    math.randomseed(11)
    for i = 1, 500 do
      local t = random_table(4)
      local shown = text(t, math.random(20, 200))
      assert.same(t, assert(load("return " .. shown, "=" .. i))())
    end
  end)

  it("is the same in colours, but for these", function()
    local function paint(style, each)
      return "\27[" .. #style .. "m" .. each .. "\27[0m"
    end
    for _ = 1, 100 do
      local t, width = random_table(4), math.random(20, 200)
      assert.equal(text(t, width), (text(t, width, paint):gsub("\27%[%d+m", "")))
    end
    assert.equal('1\t"a"', (printer.line_up({ 1, "a" }, 2, 16, paint):gsub("\27%[%d+m", "")))
  end)
end)

describe("the entries of a table", function()
  it("are found in a sequence that Lua keeps in any order", function()
    for n = 1, 300, 7 do
      local t = { last = n }
      for i = n, 1, -1 do
        t[i] = i
      end
      local found = table_reader.new():read(t)
      assert.equal(n, found.length)
      assert.equal(1, found.keys)
      assert.same({ key = "last", value = n }, found[1])
    end
  end)
end)

-- --- colours -----------------------------------------------------------------------------------

describe("colours", function()
  local STYLES = { "string", "number", "boolean", "key", "type", "dim", "error" }
  local before = terminal.colours

  after_each(function()
    terminal.colours = before
  end)

  local function painter(count)
    terminal.colours = function() return count end
    return colours.painter(1)
  end

  it("are none where the terminal shows none", function()
    local paint = painter(0)
    for _, style in ipairs(STYLES) do
      assert.equal("x", paint(style, "x"))
    end
  end)

  it("begin and end around a text", function()
    for _, count in ipairs { 8, 256, terminal.TRUE_COLOUR } do
      local paint = painter(count)
      for _, style in ipairs(STYLES) do
        assert.matches("^\27%[[%d;]+mx\27%[0m$", paint(style, "x"))
        assert.equal("", paint(style, ""))
      end
    end
  end)

  --- The relative luminance of one of the 256 colours, 0 to 1 (https://www.w3.org/TR/WCAG21/).
  local function luminance(code)
    local steps, sum = { 0, 95, 135, 175, 215, 255 }, 0
    for i, weight in ipairs { 0.2126, 0.7152, 0.0722 } do
      local level = code >= 232 and 8 + 10 * (code - 232)
        or steps[(code - 16) // math.tointeger(6 ^ (3 - i)) % 6 + 1]
      level = level / 255
      sum = sum + weight * (level <= 0.03928 and level / 12.92 or ((level + 0.055) / 1.055) ^ 2.4)
    end
    return sum
  end

  it("stand out from black and from white", function()
    local paint = painter(256)
    for _, style in ipairs(STYLES) do
      local code = tonumber(paint(style, "x"):match "38;5;(%d+)m")
      if code then
        assert.is_true((luminance(code) + 0.05) / 0.05 > 3.5, style)
        assert.is_true(1.05 / (luminance(code) + 0.05) > 3.5, style)
      end
    end
  end)
end)
