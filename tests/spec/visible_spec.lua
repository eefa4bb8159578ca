-- Text that a terminal would obey, from files, names, labels, journals and errors.

local core = require "perigee.core"
local pg = require "perigee"
local terminal = require "perigee.util.terminal"
local support = require "tests.support"
local printable = require "perigee.util.printable"

local PROGRAM = os.getenv "PERIGEE" or "build/perigee"
-- ESC, BEL, C1 as UTF-8 and as a byte, a byte of Latin-1, a mark that turns the direction.
local EVIL = "a\27[2J\7\u{9b}2J\x9bb\xe9\u{202e}é"
local SHOWN = "a?[2J??2J?b??é"

--- Fails if a terminal obeyed any of the text.
local function assert_plain(text, ...)
  assert.equal(printable.lines(text), text, ...)
end

local function message_of(f, ...)
  local worked, message = pcall(f, ...)
  assert.is_false(worked)
  return message
end

describe("visible text", function()
  it("has nothing that a terminal obeys, and each character of others once", function()
    assert.equal(SHOWN, printable.name(EVIL))
    assert.equal("a??b", printable.name "a\n\tb")
    assert.equal("a  b?", printable.line "a\n\tb\0")
    assert.equal("a\n\tb ?", printable.lines "a\n\tb\r\27")
    assert.equal("0.5", printable.line(0.5))
    assert.equal("日本語 🎉", printable.name "日本語 🎉")
    for byte = 0x80, 0xff do
      assert.equal("?", printable.name(string.char(byte)))
    end
    for code = 0x80, 0x9f do
      assert.equal("?", printable.name(utf8.char(code)))
    end
    assert.equal("\u{a0}", printable.name "\u{a0}")
  end)

  it("is the same in C", function()
    for _, text in ipairs { EVIL, "a\n\tb", "\x80", "\u{80}", "\u{9f}", "\u{a0}", "\xc2",
      "\xe2\x80", "\u{2028}\u{2066}\u{2065}", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\x80",
      "日本語 🎉" } do
      local message = message_of(pg.load, "no such " .. text)
      assert.is_truthy(message:find("no such " .. printable.name(text) .. ":", 1, true), message)
    end
  end)

  it("is as wide as terminals draw it", function()
    for text, width in pairs { [""] = 0, abc = 3, ["é"] = 1, ["e\u{301}"] = 1, ["日本語"] = 6,
      ["🎉"] = 2, ["한"] = 2, ["Ａ"] = 2, ["\xe9"] = 1, ["│"] = 1, ["½"] = 1 } do
      assert.equal(width, printable.width(text), text)
    end
    assert.equal("日", printable.cut("日本語", 3))
    assert.equal("日本", printable.cut("日本語", 4))
    assert.equal("日本語", printable.cut("日本語", 6))
    assert.equal("日...", printable.cut("日本語", 5, "..."))
    assert.equal("..", printable.cut("日本語", 2, "..."))
    assert.equal("", printable.cut("日本語", 0, "..."))
    assert.equal("e\u{301}", printable.cut("e\u{301}x", 1))
  end)
end)

describe("what a terminal would obey", function()
  it("is not in messages", function()
    local a, m = pg.zeros(3), pg.Model(pg.zeros(2, 2), pg.array { 0, 1 })
    for i, f in ipairs {
      function() return pg.load(EVIL) end,
      function() return pg[EVIL] end,
      function() return a[EVIL] end,
      function() a[EVIL] = 1 end,
      function() return pg.zeros(3, EVIL) end,
      function() return m[EVIL] end,
      function() m[EVIL] = 1 end,
      function() return m.weights.W1.shape[EVIL] end,
      function() m:fit { [EVIL] = 1 } end,
      function() m:fit { iterations = EVIL } end,
      function() return pg.Model(pg.zeros(2, 2), pg.array { 0, 1 }, { optimizer = EVIL }) end,
      function() return pg.Model.load(EVIL .. ".npz") end,
      function() pg.save("/tmp/no such folder/" .. EVIL .. ".npz", { a = 1 }) end,
      function() pg.plot { y = { a = { 1 } }, order = { EVIL } } end,
      function() pg.plot { y = { [EVIL] = { 1, 2 } }, x = { [EVIL] = { 1 } } } end,
      function() pg.plot { z = { { 1 } }, format = EVIL } end,
      function() pg.help(EVIL) error "no message" end,
      function() return core.network(EVIL) end,
    } do
      local message
      support.listen(function()
        message = message_of(f)
      end)
      assert_plain(message, i)
    end
  end)

  it("is not in cards and tables", function()
    local base, name = os.tmpname(), "a\27[2J\7\u{9b}2J\u{202e}é"
    local path = base .. name .. ".npz"
    pg.save(path, { [name] = pg.zeros(2) })
    assert_plain(tostring(pg.load(path)))
    os.remove(path)
    os.remove(base)
    local tables = require "perigee.sweep.table.table"
    local t = tables.new({ EVIL }, { { [EVIL] = EVIL, loss = 1 } }, { "loss" })
    assert_plain(tostring(t))
  end)

  it("is not in the message of a script that ends with an error", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(("error(%q .. '\\n\\tand more')"):format(EVIL))
    file:close()
    local pipe = assert(io.popen(("%s %s 2>&1"):format(PROGRAM, path)))
    local output = pipe:read "a"
    pipe:close()
    os.remove(path)
    assert_plain(output)
    assert.is_truthy(output:find(SHOWN .. "\n\tand more\n", 1, true), output)
  end)

  it("is a question mark where the locale is not UTF-8, as is what is no ASCII", function()
    local is_utf8 = terminal.is_utf8
    finally(function() terminal.is_utf8 = is_utf8 end)
    terminal.is_utf8 = function() return false end
    assert.equal("??? ?? a", terminal.line "日本語\té\u{301} a")
    terminal.is_utf8 = function() return true end
    assert.equal("日本語 é", terminal.line "日本語\té")
  end)
end)
