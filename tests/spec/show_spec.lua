local pg = require "perigee"
local show = require "perigee.image.show"
local support = require "tests.support"
local terminal = require "tests.terminal"

local PROGRAM = os.getenv "PERIGEE" or "lua5.4"

--- What is drawn with that palette.
local function drawn(palette, a, options, width, lines)
  return show.text(a, options, { palette = palette, width = width or 79, lines = lines or 48 })
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line
  end
  return lines
end

--- A text without its colours.
local function plain(text)
  return (text:gsub("\27%[[%d;]*m", ""))
end

local function bytes(rows)
  return pg.array(rows, "uint8")
end

describe("a picture in 24-bit colour", function()
  local function check(expected, a, options)
    assert.equal(expected:gsub("ESC", "\27"), drawn("true_colour", a, options))
  end

  it("has two rows of pixels in a line", function()
    check("ESC[38;2;1;1;1;48;2;3;3;3m▀ESC[38;2;2;2;2;48;2;4;4;4m▀ESC[0m\n",
      bytes { { 1, 2 }, { 3, 4 } })
  end)

  it("says a colour where it changes, and shows one that fills the place by a blank", function()
    check("ESC[38;2;9;9;9;48;2;0;0;0m▀▀  ESC[48;2;9;9;9m ESC[0m\n",
      bytes { { 9, 9, 0, 0, 9 }, { 0, 0, 0, 0, 9 } })
  end)

  it("leaves the lower half of an odd last row alone", function()
    check("ESC[48;2;7;7;7m ESC[0m\nESC[38;2;7;7;7m▀ESC[0m\n", bytes { { 7 }, { 7 }, { 7 } })
  end)

  it("has red, green and blue, and alpha on black", function()
    check("ESC[38;2;1;2;3;48;2;4;5;6m▀ESC[0m\n", bytes { { { 1, 2, 3 } }, { { 4, 5, 6 } } })
    check("ESC[38;2;100;50;0;48;2;0;0;0m▀ESC[0m\n",
      bytes { { { 200, 100, 0, 128 } }, { { 200, 100, 0, 0 } } })
    check("ESC[38;2;100;100;100m▀ESC[0m\n", bytes { { { 200, 128 } } })
  end)

  it("goes from the least number to the greatest", function()
    check("ESC[38;2;0;0;0;48;2;255;255;255m▀ESC[0m\n", { { -0.5 }, { 0.25 } })
    check("ESC[38;2;0;0;0;48;2;255;255;255m▀ESC[0m\n", { { false }, { true } })
    check("ESC[38;2;128;128;128;48;2;0;0;0m▀ESC[0m\n", { { 1 }, { 0 / 0 } }, { low = 0, high = 2 })
  end)

  it("has signs as colours", function()
    check("ESC[38;2;80;150;255;48;2;128;45;30m▀ESC[0m\n", { { -2 }, { 1 } },
      { map = "diverging" })
  end)
end)

describe("a picture in 256 colours", function()
  local function codes(a)
    local found = {}
    for code in drawn("256", a):gmatch "38;5;(%d+)" do
      found[#found + 1] = tonumber(code)
    end
    return found
  end

  it("has two rows of pixels in a line", function()
    assert.equal("\27[38;5;16;48;5;231m▀\27[0m\n", drawn("256", bytes { { 0 }, { 255 } }))
  end)

  it("has greys from the ramp, and black and white", function()
    assert.same({ 16, 232, 244, 255, 231 }, codes(bytes { { 0, 8, 128, 238, 255 } }))
  end)

  it("has colours from the cube, and greyish ones from the ramp", function()
    assert.same({ 196, 21, 46, 208, 244 }, codes(bytes { { { 255, 0, 0 }, { 0, 0, 255 },
      { 0, 255, 0 }, { 255, 140, 0 }, { 127, 128, 130 } } }))
  end)
end)

describe("a picture in characters", function()
  it("takes two for a pixel", function()
    local a = bytes { { 0, 52, 103, 154, 205 }, { 255, 254, 50, 0, 0 } }
    assert.equal("  ░░▒▒▓▓██\n████\n", drawn("shades", a))
    assert.equal("  ::==**%%\n@@@@..\n", drawn("ascii", a))
  end)

  it("shows colours by how bright they are", function()
    assert.equal("++++..@@\n", drawn("ascii", bytes { { { 128, 128, 128 }, { 0, 255, 0 },
      { 0, 0, 255 }, { 255, 255, 255 } } }))
  end)

  it("has the same shades for the same numbers as from 0 to 255", function()
    local ramp = pg.range(0, 255):reshape(1, 256)
    local options = { width = 1000 }
    assert.equal(drawn("ascii", ramp:astype "uint8", options), drawn("ascii", ramp, options))
    local seen, text = {}, drawn("shades", ramp, options)
    for _, code in utf8.codes(text) do
      seen[code] = (seen[code] or 0) + 1
    end
    assert.same({ [10] = 1, [32] = 2 * 52, [0x2591] = 2 * 51, [0x2592] = 2 * 51, [0x2593] = 2 * 51,
      [0x2588] = 2 * 51 }, seen)
  end)
end)

describe("a picture's size", function()
  --- Height and width in pixels, drawn by half blocks.
  local function size(a, options, width, lines)
    local found = lines_of(plain(drawn("true_colour", a, options, width, lines)))
    return { #found, utf8.len(found[1]) }
  end

  it("is its own where it fits", function()
    assert.same({ 14, 28 }, size(pg.zeros(28, 28)))
    assert.same({ 39, 79 }, size(pg.zeros(78, 79)))
    assert.same({ 5, 12 }, size(pg.zeros(10, 12)))
  end)

  it("is the terminal's where it does not", function()
    assert.same({ 20, 79 }, size(pg.zeros(400, 790)))
    assert.same({ 48, 48 }, size(pg.zeros(400, 200)))
    assert.same({ 1, 79 }, size(pg.zeros(1, 100000)))
    assert.same({ 48, 1 }, size(pg.zeros(100000, 1)))
    assert.same({ 10, 20 }, size(pg.zeros(400, 400), nil, 20))
    assert.same({ 5, 10 }, size(pg.zeros(400, 400), { width = 10 }))
  end)

  it("is what scale says, as far as there is room", function()
    assert.same({ 28, 56 }, size(pg.zeros(28, 28), { scale = 2 }))
    assert.same({ 40, 79 }, size(pg.zeros(28, 28), { scale = 100 }))
    assert.same({ 4, 7 }, size(pg.zeros(28, 28), { scale = 0.25 }))
    assert.same({ 50, 20 }, size(pg.zeros(100, 20), { scale = 1 }, 79, 10))
  end)

  it("is made smaller by averaging", function()
    local a = pg.zeros(2, 200):astype "uint8"
    a["1, ::2"] = 255
    assert.equal(("::"):rep(50) .. "\n", drawn("ascii", a, { width = 100 })) -- 255 / 4
  end)

  it("is repeated pixels where it is larger", function()
    assert.equal("@@@@\n@@@@\n", drawn("ascii", bytes { { 255, 0 } }, { scale = 2 }))
  end)
end)

describe("a sheet", function()
  local P = ("@"):rep(10) -- a line of a picture

  local function sheet(n, options, width, lines)
    return lines_of(drawn("ascii", pg.full({ n, 2, 5 }, 255):astype "uint8", options, width, lines))
  end

  it("has as many pictures side by side as fit", function()
    assert.same({ P .. "  " .. P, P .. "  " .. P, "", P, P }, sheet(3, nil, 22))
    assert.same({ P .. "  " .. P .. "  " .. P, P .. "  " .. P .. "  " .. P }, sheet(3))
    assert.equal(P, sheet(3, nil, 21)[1])
  end)

  it("has their labels below them", function()
    local expected = { P .. "  " .. P, P .. "  " .. P, "    7           1", P, P, "   2.5" }
    assert.same(expected, sheet(3, { labels = { 7, "1", 2.5 } }, 22))
    assert.same(expected, sheet(3, { labels = pg.array { 7, 1, 2.5 } }, 22))
    assert.equal("    ä       longer tha     true",
      sheet(3, { labels = { "ä", "longer than that", true } })[3])
    assert.equal("    ?[", sheet(1, { labels = { "\27[" } })[3])
  end)

  it("says how many more there are than were shown", function()
    local shown = sheet(20, nil, 22, 8)
    assert.equal(9, #shown)
    assert.equal("... 14 more", shown[9])
    assert.equal("... 58 more", sheet(60, { columns = 2, rows = 1 })[3])
    assert.equal("... 18 more", sheet(20, { labels = pg.range(1, 20) }, 22, 1)[4])
  end)

  it("makes its pictures smaller for all to fit, but no smaller than thumbnails", function()
    local function width(n, options)
      local text = drawn("true_colour", pg.ones(n, 28, 28), options)
      return utf8.len(plain(text:match "^(.-)\27%[0m"))
    end
    assert.equal(28, width(6))
    assert.equal(14, width(7))
    assert.equal(14, width(1000))
    assert.equal(28, width(1000, { scale = 1 }))
    assert.equal(7, width(1000, { scale = 0.25 }))
    assert.equal(6, width(20, { columns = 10 }))
  end)

  it("has one scale, or one for each picture", function()
    local a = pg.array { { 0, 1 }, { 0, 4 } }
    assert.equal("  ::    @@\n", drawn("ascii", a, { size = { 1, 2 } }))
    assert.equal("  @@    @@\n", drawn("ascii", a, { size = { 1, 2 }, each = true }))
  end)

  it("reads no more than it shows", function()
    local labels, a = pg.zeros(60000, "uint8"), pg.zeros(60000, 784)
    local before, start = support.live_bytes(), os.clock()
    collectgarbage "stop"
    drawn("true_colour", a, { size = { 28, 28 }, labels = labels })
    collectgarbage "restart"
    assert.is_true(os.clock() - start < 5)
    assert.is_true(pg.info().bytes - before < 10e6)
  end)

  it("may be of colours", function()
    local text = drawn("true_colour", pg.zeros(2, 2, 2, 3, "uint8"))
    assert.equal("\27[48;2;0;0;0m  \27[0m  \27[48;2;0;0;0m  \27[0m\n", text)
  end)
end)

describe("pg.show", function()
  it("raises for what is no picture, where it was called", function()
    for _, case in ipairs {
      { pg.zeros(784), "found (784,): say how it is to be read, as in size = {28, 28}" },
      { pg.zeros(10), "size = {height, width}" },
      { pg.zeros(2, 2, 2, 5), "found (2, 2, 2, 5)" },
      { pg.zeros(0, 3), "nothing to see: the shape is (0, 3)" },
      { "text", "an array is needed, not text" },
      { { a = 1 }, "a table of fields" },
      { pg.zeros(3, 100), "rows of 784; found (3, 100)", size = { 28, 28 } },
      { pg.zeros(3, 4), "size must be {height, width}", size = { 4 } },
      { pg.zeros(3, 4), "size must be", size = { 4, 0.5 } },
      { pg.zeros(3, 4), "size must be", size = { 1, 1, 5 } },
      { pg.zeros(3, 4), "did you mean 'labels'?", label = 1 },
      { pg.zeros(3, 5, 5), "2 labels for 3 pictures", labels = { 1, 2 } },
      { pg.zeros(3, 5, 5), "not (3, 2)", labels = pg.zeros(3, 2) },
      { pg.zeros(1, 5, 5), "numbers or texts, not a table", labels = { {} } },
      { pg.zeros(3, 5), "low must be below high, not 2 and 1", low = 2, high = 1 },
      { pg.zeros(3, 5), "map must be 'grey' or 'diverging'", map = "jet" },
      { pg.zeros(3, 5, 3), "one number a pixel, not 3", map = "diverging" },
      { pg.zeros(3, 5, 5), "there is no room for so many", columns = 1000 },
      { pg.zeros(3, 5), "scale must be a finite number above 0", scale = 0 },
    } do
      local options = {}
      for name, value in pairs(case) do
        if type(name) == "string" then
          options[name] = value
        end
      end
      support.raises_here(case[2], function() pg.show(case[1], options) end)
    end
    support.raises_here("options are a table", function() pg.show(pg.zeros(2, 2), 3) end)
  end)

  it("writes characters where output is no terminal, and gives nothing", function()
    local script = [[print(select("#", require("perigee").show { { 1, 0 }, { 0, 1 } }))]]
    local pipe <close> = assert(io.popen(("COLORTERM=truecolor '%s' -e '%s'"):format(PROGRAM,
      script)))
    assert.equal("@@\n  @@\n0\n", pipe:read "a")
  end)
end)

describe("pg.show in a terminal", function()
  --- What a terminal of 80 by 24 shows, with that environment, after a script has ended.
  local function shown(environment, script)
    environment.LC_ALL = environment.LC_ALL or "C.UTF-8"
    local t <close> = terminal.open { environment = environment, term = environment.TERM,
      command = { PROGRAM, "-e", 'pg = require "perigee"', "-e", script,
        "-e", 'print "THE END" io.read()' } } -- what is shown at its very end, tmux may drop
    t:expect "THE END"
    return (t:screen { colours = true, history = true, trailing = true }:match "^(.-)THE END")
  end

  local PICTURE = "pg.show(pg.array({ { 1, 2 }, { 200, 4 } }, 'uint8'))"

  it("has the colours that it says it has", function()
    assert.matches("38;2;1;1;1", shown({ TERM = "xterm-256color", COLORTERM = "truecolor" },
      PICTURE))
    assert.matches("48;5;251", shown({ TERM = "xterm-256color" }, PICTURE))
    local shades = "\n▓▓"
    assert.matches(shades, plain(shown({ TERM = "xterm" }, PICTURE)))
    assert.matches(shades, plain(shown({ TERM = "xterm-256color", NO_COLOR = "1" },
      PICTURE)))
    assert.matches("##", shown({ TERM = "xterm-256color", LC_ALL = "C" }, PICTURE))
  end)

  it("shows all of a large sheet, however slow it is", function()
    local text = plain(shown({ TERM = "xterm-256color", COLORTERM = "truecolor" },
      "for _ = 1, 5 do pg.show(pg.rand(100, 28, 28)) end"))
    local lines, whole = lines_of(text), 0
    for _, line in ipairs(lines) do
      whole = whole + (utf8.len((line:gsub(" +$", ""))) >= 5 * 14 + 4 * 2 - 1 and 1 or 0)
    end
    assert.equal(5 * 6 * 7, whole)
  end)
end)
