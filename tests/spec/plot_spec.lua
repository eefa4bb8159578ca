-- pg.plot, which gnuplot draws; the specs that need it are pending without it.

local collections = require "perigee.util.collections"
local pg = require "perigee"

local raises_here = dofile("tests/support.lua").raises_here

local PROGRAM = os.getenv "PERIGEE" or "lua5.4"
local has_gnuplot = os.execute "command -v gnuplot >/dev/null"
local folder

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

--- What a script prints whose `pg` is perigee, in an environment.
local function output_of(script, environment)
  local path = folder .. "/script.lua"
  local file = assert(io.open(path, "w"))
  file:write('local pg = require "perigee"\n', script)
  file:close()
  local pipe = assert(io.popen(("%s '%s' '%s' 2>&1"):format(environment or "", PROGRAM, path)))
  local output = pipe:read "a"
  pipe:close()
  return output
end

--- The texts in an SVG file, without blanks around them.
local function texts_of(path)
  local texts = {}
  for text in read(path):gmatch "<text>(.-)</text>" do
    text = text:gsub("<[^>]*>", ""):gsub("&lt;", "<"):gsub("&gt;", ">"):gsub("&#39;", "'")
    texts[#texts + 1] = text:gsub("&quot;", '"'):gsub("&amp;", "&"):match "^%s*(.-)%s*$"
  end
  return texts
end

local function drawn(name, text)
  it(name, has_gnuplot and text or nil)
end

describe("pg.plot", function()
  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    os.execute("mkdir '" .. folder .. "'")
  end)

  teardown(function()
    os.execute("rm -r '" .. folder .. "'")
  end)

  drawn("draws numbers in the terminal, over 1, 2, ...", function()
    for _, y in ipairs { "{ 4, 2, 9 }", "pg.array { 4, 2, 9 }", "pg.array({ 4, 2, 9 }, 'int8')" } do
      local output = output_of(("print(pg.plot(%s))"):format(y))
      assert.matches("\ntrue\n$", output)
      assert.matches("%*%*%*", output)
      assert.matches("\n +1 +1.5 +2 +2.5 +3", output)
      assert.not_matches("[\f\27]", output)
      assert.not_matches(" \n", output)
    end
  end)

  drawn("draws several curves by name, and says what they are", function()
    local output = output_of [[
      pg.plot { x = pg.linspace(0, 1, 3), y = { ["b 10"] = { 1, 2, 3 }, ["b 9"] = { 3, 2, 1 } },
        title = "A title", xlabel = "across", ylabel = "up" }
    ]]
    for _, text in ipairs { "A title", "across", "up", "b 9.*b 10" } do
      assert.matches(text, output)
    end
  end)

  drawn("draws curves in the order of the numbers in their names", function()
    local output = output_of [[
      pg.plot { y = { ["0.5"] = { 1, 2 }, ["0.25"] = { 2, 1 }, ["0.05"] = { 1, 1 } } }
    ]]
    assert.matches("0.05 .* 0.25 .* 0.5\n$", output)
  end)

  drawn("takes a label with % as text", function()
    local path = folder .. "/percent.svg"
    assert.is_true(pg.plot { x = { "50 %s", "100 %" }, y = { 1, 2 }, file = path })
    assert.matches("50 %%s<", read(path))
    assert.is_true(pg.plot { x = { "50 %s", "100 %" }, z = { { 1, 2 }, { 3, 4 } }, file = path })
    assert.matches("100 %%<", read(path))
  end)

  drawn("draws a matrix as cells, with their numbers", function()
    local output = output_of [[
      pg.plot { z = { { 1, 2 }, { 3, 4.125 } }, x = { "left", 7 }, y = { 0.5, 1 },
        format = "%.1f!" }
    ]]
    assert.matches("0.5 | +1.0! +2.0!.* 1 | +3.0! +4.1!.*left +7", output)
  end)

  drawn("draws curves over texts, side by side", function()
    local output = output_of 'pg.plot { x = { "relu", "7", "tanh" }, y = { 1, 3, 2 } }'
    assert.matches("\n +relu +7 +tanh\n", output)
  end)

  drawn("draws each curve over its own x, in the order that is asked for", function()
    local output = output_of [[
      pg.plot { x = { a = { 1, 2, 3 }, b = { 2, 9 } }, y = { a = { 1, 2, 3 }, b = { 4, 5 } },
        order = { "b", "a" } }
    ]]
    assert.matches("\n +1 +2 +3 +4 +5 +6 +7 +8 +9\n", output)
    assert.matches("%*+ b #+ a", output)
  end)

  drawn("makes room for the names of many curves", function()
    local function height(curves)
      local output = output_of(([[
        local y = {}
        for i = 1, %d do y["a curve with a long name, number " .. i] = { i, i + 1 } end
        pg.plot { y = y }
      ]]):format(curves))
      return select(2, output:gsub("\n", ""))
    end
    assert.equal(height(1) + 11, height(12))
  end)

  drawn("draws bars in a file, and none in the terminal", function()
    local path = folder .. "/bars.svg"
    local function lines_of(options)
      options.file = path
      assert.is_true(pg.plot(options))
      return select(2, read(path):gsub("[ML]%d[%d.]*,%d", ""))
    end
    local plain = lines_of { y = { 1, 2, 3 } }
    local barred = lines_of { y = { 1, 2, 3 }, error = pg.array { 0.5, 1, 0.5 } }
    assert.is_true(barred > plain)
    assert.is_true(lines_of { y = { a = { 1, 2 } }, error = { a = { 1, 0 / 0 } } } > 0)
    assert.equal(output_of "pg.plot { y = { 1, 2, 3 } }",
      output_of "pg.plot { y = { 1, 2, 3 }, error = { 1, 1, 1 } }")
  end)

  drawn("has logarithmic axes, with tics at a few numbers", function()
    local output = "\n" .. output_of [[
      pg.plot { x = { 0.01, 0.05, 1 }, y = { 10, 1000, 100 }, xscale = "log", yscale = "log" }
    ]]
    assert.matches("\n +0.01 +0.05 +1\n", output)
    for _, y in ipairs { 10, 100, 1000 } do
      assert.matches("\n +" .. y .. " [+|]", output)
    end
    local path = folder .. "/log.svg"
    assert.is_true(pg.plot { y = { -1, 0, 2, 3 }, error = { 1, 1, 5, 1 }, yscale = "log",
      file = path })
    raises_here("no finite number to draw, or none above 0", function()
      pg.plot { y = { -1, 0 }, yscale = "log", file = path }
    end)
  end)

  drawn("leaves cells without a number blank", function()
    local output = output_of "pg.plot { z = { { 1.5, 0 / 0 }, { 2.5, 3.5 } } }"
    assert.matches(" 1 | +1.5 +|", output)
    assert.not_matches("nan", output)
    raises_here("no finite number", function() pg.plot { z = { { 0 / 0 } } } end)
  end)

  drawn("breaks a long title", function()
    local output = output_of(("pg.plot { y = { 1, 2 }, title = %q }"):format(("word "):rep(20)))
    assert.matches("^ +word [word ]+\n +word [word ]+\n", output)
  end)

  drawn("writes SVG and PNG files, and draws nothing then", function()
    for ending, first in pairs { svg = "<%?xml", png = "\137PNG" } do
      local path = folder .. "/plot." .. ending
      local script = ("print(pg.plot { y = { 1, 3, 2 }, file = %q })"):format(path)
      assert.equal("true\n", output_of(script))
      assert.matches("^" .. first, read(path))
      assert.is_true(pg.plot { z = pg.rand(30, 40), file = path })
      assert.matches("^" .. first, read(path))
    end
  end)

  drawn("takes any text as text", function()
    local path = folder .. "/text.svg"
    local text = "it's `touch x` \"$(touch x)\" a_b {c} \\n\nset output 'x' é"
    assert.is_true(pg.plot { y = { [text] = { 1, 2 } }, title = text, file = path })
    local svg = read(path):gsub("&#39;", "'")
    local _, count = svg:gsub("it's `touch x`.-a_b {c} \\n set output 'x' é", "")
    assert.equal(2, count)
  end)

  drawn("takes any text as title, label and name of a curve, wherever it draws", function()
    local path = folder .. "/any.svg"
    for _, text in ipairs { "'90s data", "'", '"', "\\", "\\101 \\n", "`touch x`", "$(touch x)",
      "@a {b} c_d e^f ~g{h} &{i}", "5 % %s", "# no comment", "-1", "7even", "é 日本語", "<a> & b" } do
      for _, options in ipairs {
        { y = { 1, 2 }, title = text }, { y = { 1, 2 }, xlabel = text },
        { y = { [text] = { 1, 2 } } }, { y = { 1, 2 }, x = { text, "other" } },
        { z = { { 1, 2 } }, x = { text, "other" } }, { z = { { 1 } }, y = { text } },
      } do
        options.file = path
        assert.is_true(pg.plot(options))
        assert.is_true(collections.contains(texts_of(path), text), text)
        options.file = folder .. "/any.png"
        assert.is_true(pg.plot(options))
      end
      assert.is_truthy(output_of(("pg.plot { y = { [%q] = { 1, 2 } }, title = %q }"):format(text,
        text)):find(text, 1, true), text)
    end
    for _, text in ipairs { "", " ", "\0", "\27[2J\u{9b}\x9b\xe9", "two\nlines\t" } do
      assert.is_true(pg.plot { y = { [text] = { 1, 2 } }, title = text, file = path })
      assert.not_matches("[\0-\8\27]", read(path))
      assert.is_truthy(utf8.len(read(path)))
    end
  end)

  drawn("numbers the columns and rows of a grid from first", function()
    for first, numbers in pairs { [0] = { 0, 1 }, [1] = { 1, 2 }, [-1] = { -1, 0 } } do
      local output = output_of(("pg.plot { z = { { 9, 8 }, { 7, 6 } }, first = %d }"):format(first))
      assert.matches(("\n +%d +%d *\n"):format(numbers[1], numbers[2]), output)
      assert.matches(("\n +%d |"):format(numbers[2]), output)
    end
    assert.equal(output_of "pg.plot { z = { { 9, 8 }, { 7, 6 } } }",
      output_of "pg.plot { z = { { 9, 8 }, { 7, 6 } }, first = 1 }")
  end)

  drawn("leaves out what is not finite, and raises where nothing is left", function()
    local path = folder .. "/finite.svg"
    assert.is_true(pg.plot { y = { 1, 0 / 0, 3, math.huge, 2 }, file = path })
    for _, y in ipairs { {}, { 0 / 0 }, { -math.huge, math.huge } } do
      raises_here("no finite number", function() pg.plot { y = y, file = path } end)
    end
  end)

  it("raises for a matrix that a terminal has no room for", function()
    raises_here("420 cells are too many for the terminal", function()
      pg.plot { z = pg.zeros(21, 20) }
    end)
  end)

  drawn("raises where the file cannot be written, and leaves none", function()
    os.execute(("mkdir '%s/folder.svg'; touch '%s/file'"):format(folder, folder))
    for name, reason in pairs { ["none/plot.svg"] = "No such file", ["folder.svg"] =
      "it is a directory", ["file/plot.svg"] = "Not a directory" } do
      raises_here(("%s/%s: %s"):format(folder, name, reason), function()
        pg.plot { y = { 1, 2 }, file = folder .. "/" .. name }
      end)
    end
    os.execute(("rmdir '%s/folder.svg'; rm '%s/file'"):format(folder, folder))
  end)

  it("says on stderr that gnuplot is missing, and gives false", function()
    local line = "perigee: plot: gnuplot is not installed: Debian's package gnuplot-nox\n"
    for _, options in ipairs { "{ 1, 2 }", "{ y = { 1, 2 }, file = 'never.svg' }" } do
      assert.equal(line .. "false\n", output_of(("print(pg.plot(%s))"):format(options),
        "PATH=/nowhere"))
    end
    assert.matches("script.lua:2: plot: unknown option 'titel'",
      output_of("pg.plot { y = { 1 }, titel = 1 }", "PATH=/nowhere"))
  end)

  it("of a study is left out of its report where gnuplot is missing, which is said", function()
    for first, count in pairs { [""] = 1, ["print(study:plot())"] = 1,
      ["print(study:plot { file = 'never.svg' }, study:plot())"] = 2 } do
      local output = output_of(([[
        local study = require("perigee.sweep").new {
          name = "s", runs = %q, params = { a = { 1, 2 } }, arguments = false,
          run = function(p) return { y = p.a } end,
        }
        study:run { quiet = true }
        %s
        print(study:report(%q))]]):format(folder, first, folder .. "/r.html"), "PATH=/nowhere")
      assert.equal(count, select(2, output:gsub(
        "perigee: plot: gnuplot is not installed: Debian's package gnuplot%-nox\n", "")), output)
      assert.matches("true\n$", output)
      assert.matches(first == "" and "" or "false", output)
      assert.matches('<p class="note">plot: gnuplot is not installed', read(folder .. "/r.html"), 1,
        true)
    end
  end)

  it("raises gnuplot's own words where it fails", function()
    os.execute(("mkdir '%s/bin'"):format(folder))
    for script, reason in pairs {
      ["echo 'no ENOENT here' >&2; exit 1"] = "plot: no ENOENT here",
      ["exit 3"] = "plot: gnuplot: exit status 3", ["exit 0"] = "plot: gnuplot has drawn nothing",
    } do
      local file = assert(io.open(folder .. "/bin/gnuplot", "w"))
      file:write("#!/bin/sh\n", script, "\n")
      file:close()
      os.execute(("chmod +x '%s/bin/gnuplot'"):format(folder))
      local output = output_of("pg.plot { y = { 1, 2 }, file = 'never.svg' }",
        ("PATH='%s/bin'"):format(folder))
      assert.matches("script.lua:2: " .. reason, output, 1, true)
    end
  end)

  it("raises what a caller has mistaken, at the caller's line", function()
    for message, options in pairs {
      ["x has 2 numbers and y has 3"] = { x = { 1, 2 }, y = { 1, 2, 3 } },
      ['x has 2 numbers and y["a"] has 3'] = { x = { 1, 2 }, y = { a = { 1, 2, 3 } } },
      ["y must be a row of numbers, not of shape (2, 2)"] = { y = { { 1, 2 }, { 3, 4 } } },
      ["z must be a matrix, not of shape (2,)"] = { z = { 1, 2 } },
      ["x has 1 labels and z 2"] = { z = { { 1, 2 } }, x = { 1 } },
      ["file must be a name that ends in .svg or .png, not a.gif"] = { y = { 1 }, file = "a.gif" },
      ["y: an array element must be a number"] = { y = { "a" } },
      ["error has 1 numbers and y has 2"] = { y = { 1, 2 }, error = { 1 } },
      ['error["a"] has 1 numbers and y["a"] has 2'] = { y = { a = { 1, 2 } },
        error = { a = { 1 } } },
      ['there is no x["a"]'] = { y = { a = { 1, 2 } }, x = { b = { 1, 2 } } },
      ["x has 1 numbers and y has 2"] = { y = { 1, 2 }, x = { "a" } },
      ["xscale is for numbers"] = { y = { 1 }, x = { "a" }, xscale = "log" },
      ["yscale must be 'log' or 'linear', not 'logs'"] = { y = { 1 }, yscale = "logs" },
      ["first is for a grid, z, and these are curves"] = { y = { 1 }, first = 0 },
      ["first must be an integer, not 0.5"] = { z = { { 1 } }, first = 0.5 },
      ["first must be an integer, not '0'"] = { z = { { 1 } }, first = "0" },
      ["error is for curves"] = { z = { { 1 } }, error = { 1 } },
      ["order has 'b', which is not one more curve of y"] = { y = { a = { 1 } },
        order = { "a", "b" } },
      ["order does not have y's curve 'b'"] = { y = { a = { 1 }, b = { 1 } }, order = { "a" } },
      ["unknown option 'titel'"] = { y = { 1 }, titel = "a" },
      ["title must be a text or a number, not true"] = { y = { 1 }, title = true },
      ["xlabel must be a text or a number, not a table of 0"] = { y = { 1 }, xlabel = {} },
      ["ylabel must be a text or a number, not false"] = { z = { { 1 } }, ylabel = false },
      ["points must be true or false, not yes"] = { y = { 1 }, points = "yes" },
      ["order must be a list of the names of y's curves, not a"] = { y = { a = { 1 } },
        order = "a" },
      ["format must be a pattern of string.format for one number, not 3"] = { z = { { 1 } },
        format = 3 },
      ["format must be a pattern of string.format for one number, not a%%"] = { z = { { 1 } },
        format = "a%%" },
      ["format must be a pattern of string.format for one number, not %d %d"] = { z = { { 1 } },
        format = "%d %d" },
      ["format must be a pattern of string.format for one number, not %y"] = { z = { { 1 } },
        format = "%y" },
      ["the format '%d' is not for 1.5, which is one of z's numbers"] = { z = { { 1, 1.5 } },
        format = "%d" },
      ["z must be a matrix: an array, or a list of rows, not a"] = { z = "a" },
      ["z: rows of different lengths"] = { z = { { 1 }, { 2, 3 } } },
      ["x must be a list, an array, or several by name, not 3"] = { z = { { 1 } }, x = 3 },
      ["y[2] must be a text or a number, not true"] = { z = { { 1 }, { 2 } }, y = { "a", true } },
      ["file must be a name that ends in .svg or .png, not true"] = { y = { 1 }, file = true },
      ["xscale must be 'log' or 'linear', not '1'"] = { y = { 1 }, xscale = 1 },
      ["y must be a list, an array, or several by name, not text"] = "text",
      ["nothing to draw"] = { title = "a" },
    } do
      local ok, text = pcall(function()
        pg.plot(options)
      end)
      assert.is_false(ok)
      assert.truthy(text:find(message, 1, true), text)
      assert.matches("plot_spec.lua:%d+: plot: ", text)
    end
  end)
end)
