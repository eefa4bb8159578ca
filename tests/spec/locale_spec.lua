-- The locale of a process changes nothing that is written, read or shown: a script runs in the C
-- locale and in others, and leaves the same.

local pg = require "perigee"
local c_locale = require "perigee.util.c_locale"
local uv = require "luv"

local PROGRAM = os.getenv "PERIGEE" or "build/perigee"

-- Both have a decimal comma and the order of dictionaries. The second has a byte for each
-- character, and ("I"):lower() is not "i".
local LOCALES = {
  { name = "de_DE.UTF-8", source = "de_DE", charset = "UTF-8" },
  { name = "tr_TR.ISO-8859-9", source = "tr_TR", charset = "ISO-8859-9" },
}

local root -- a folder with the locales

setup(function()
  root = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/locale-XXXXXX"))
  for _, each in ipairs(LOCALES) do
    local made = os.execute(("localedef -i %s -f %s '%s/%s' >/dev/null 2>&1"):format(each.source,
      each.charset, root, each.name))
    each.is_there = made ~= nil
  end
end)

teardown(function()
  os.execute(("rm -rf '%s'"):format(root))
end)

--- All results of a study, and much else, as files in the folder that it runs in.
local SCRIPT = [[
local locale, more = table.unpack(arg)
local pg, sweep = require "perigee", require "perigee.sweep"
assert(os.setlocale(locale))

local ran = 0
local study = sweep.new {
  name = "Stüdy É", arguments = false, metric = "VALIDATION_LOSS",
  params = { rate = more and { 0.1, 0.25, 1 / 3, 1e-7 } or { 0.1, 0.25, 1 / 3 },
    B = { "Z", "a" }, a = { "Éé", "Ä" } },
  settings = { scale = 2.5, layers = { 0.5, 3 } }, repeats = 2,
  data = { [0.5] = pg.array { 0.5 }, [2] = pg.array { 1, 2 } },
  prune = sweep.median { references = 2 },
  run = function(p, trial)
    ran = ran + 1
    trial:report(1, { VALIDATION_LOSS = p.rate / 3 + trial.seed / 7 })
    trial:report(2, { VALIDATION_LOSS = p.rate / 7 + trial.seed / 7, b = p.rate, C = 0.125 })
  end,
}
assert(study:run { quiet = true })

local lines = {}
local function keep(...)
  for _, value in ipairs { ... } do
    lines[#lines + 1] = tostring(value)
  end
end

keep(study:table(), study:table():group { "B", "a" }, study:curves():markdown(), study:csv(), study)
keep(study:table():sort("B")[1].B, study:best().rate == 1e-7, study:best_metric())
study:report "report.html"
for _, file in ipairs { "curves.svg", "map.svg" } do
  assert(study:plot { file = file, y = file == "map.svg" and "B" or nil, x = "rate" })
end
assert(pg.plot { x = { 0.1, 1.5, 100 }, y = { B = { 0.5, 1.5, 2.75 }, a = { 1.25, 2, 3 } },
  error = { B = { 0.25, 0.5, 0.1 }, a = { 0.1, 0.1, 0.1 } }, xscale = "log",
  title = "É à 0.5", file = "plot.svg" })
assert(pg.plot { z = { { 0.5, 1.25 }, { 1, 2 } }, x = { 0.5, 1.5 }, y = { "É", "b" },
  format = "%.3f", file = "grid.svg" })

local g = pg.random(1)
local model = pg.Model(g:rand(30, 5), pg.range(0, 29) % 3, { hidden = 4, seed = 0, scale = 1.3,
  optimizer = "adam", rate = 0.05, weight_decay = 0.125, validation = { g:rand(9, 5),
    pg.range(0, 8) % 3 }, patience = 3 })
model:fit { iterations = 5 }
keep(model, model:summary())
assert(model:save "model.npz")
for _, path in ipairs { "model.npz", "../first/model.npz" } do
  keep(assert(pg.Model.load(path)))
  keep(string.char(table.unpack(pg.load(path).perigee:tolist())))
end

keep(pg.array { 0.5, -1.25, 1e10 }, pg.array { 0.1, 0.25 }, pg.array({ 0.1 }, "float32"))
keep(require("perigee.repl.pretty.printer").text({ 0.5, x = 1.25, [2.5] = -0.0 }))
keep(pcall(pg.zeros, 2.5))
assert(pg.write("t.csv", "a,b\n0.5,x\n1.5,y\n"))
local csv = pg.read_csv "t.csv"
keep(csv, csv.a, pcall(csv.labels, csv, "a", { 0.5, 2.5 }))
keep(pcall(function() return csv[1.5] end))
assert(pg.write_csv("written.csv", csv))
assert(pg.write_csv("commas.csv", csv, { delimiter = ";", decimal = "," }))
keep(pcall(function() return pg.zeros(3)[1.5] end))
keep(pcall(pg.onehot, pg.array { 0.5 }, 3))
keep(pcall(pg.Model, pg.rand(20, 10), pg.range(0, 19) % 10, { rate = -0.5 }))
keep(select(2, pcall(pg.load, "\u{C9}.npz")):match "^[^:]*")
keep(sweep.uniform(0.5, 1.5), sweep.halving { factor = 2.5 })

local json = require "perigee.util.json"
for _, now in ipairs { "C", locale, "C", locale } do
  assert(os.setlocale(now))
  local value = assert(json.decode '[0.5,{"a":1e-7}]')
  keep(value[1] == 0.5, value[2].a == 1e-7, json.encode(value))
end

local options = require "perigee.options"
local defaults = { rate = 0.1, list = { 0.5, 1.5 } }
keep(options.parse({ "rate=0,5" }, defaults))
keep(select(2, options.parse({ "rate=0,5" }, defaults)))
keep(options.parse({ "rate=0.5" }, defaults).rate == 0.5)
local given = options.parse({ "list=0.5,2" }, defaults).list
keep(#given, given[1] == 0.5)

local said = sweep.new { name = "said", params = { rate = { 0.1 }, low = { 1 } }, run = print,
  arguments = { [0] = "s.lua", "rate=0.1:0.3:0.1", "low=uniform(0.5,1.5)", "draws=2" } }
for _, point in ipairs { said.definition.space:at(1), said.definition.space:at(2) } do
  keep(math.floor(point.rate * 1e6), math.floor(point.low * 1e6))
end

local file <close> = assert(io.open("lines.txt", "w"))
file:write(table.concat(lines, "\n"))
print(ran)
]]

--- Runs the script in a folder below root; returns what it prints.
local function run(folder, locale, more)
  assert(os.execute(("mkdir -p '%s/%s'"):format(root, folder)))
  assert(pg.write(root .. "/script.lua", SCRIPT))
  local program = PROGRAM:find "^/" and PROGRAM or uv.cwd() .. "/" .. PROGRAM
  local pipe <close> = assert(io.popen(("cd '%s/%s' && LOCPATH='%s' '%s' ../script.lua %s %s 2>&1")
    :format(root, folder, root, program, locale, more or "")))
  return pipe:read "a"
end

local function read(path)
  local file <close> = assert(io.open(root .. "/" .. path, "rb"))
  return (file:read "a")
end

local FILES = {
  "lines.txt", "report.html", "curves.svg", "map.svg", "plot.svg", "grid.svg",
  "runs/Stüdy É/results.csv", "runs/Stüdy É/curves.csv",
}

--- The lines of the journals, but for their times.
local function journal_of(folder)
  local lines = {}
  for name in uv.fs_scandir_next, uv.fs_scandir(root .. "/" .. folder .. "/runs/Stüdy É/journal") do
    for line in read(folder .. "/runs/Stüdy É/journal/" .. name):gmatch "[^\n]+" do
      lines[#lines + 1] = line:gsub('"seconds":[%d.e-]+', ""):gsub('"finished":"[^"]*"', "")
        :gsub('"started":"[^"]*"', "")
    end
  end
  return lines
end

local function or_pending(locale)
  if not locale.is_there then
    pending("localedef, or its sources (Debian's package locales), are not installed")
    return true
  end
end

describe("a locale changes nothing:", function()
  before_each(function()
    if not uv.fs_stat(root .. "/first/lines.txt") then
      assert(os.execute(("mkdir -p '%s/first'"):format(root)))
      assert.equal("24\n", run("first", "C"))
    end
  end)

  for _, locale in ipairs(LOCALES) do
    it("files, journals, cards and messages under " .. locale.name, function()
      if or_pending(locale) then return end
      assert.equal("24\n", run(locale.name .. ".new", locale.name))
      for _, name in ipairs(FILES) do
        assert.equal(read("first/" .. name), read(locale.name .. ".new/" .. name), name)
      end
      assert.same(journal_of "first", journal_of(locale.name .. ".new"))
    end)

    it("a study goes on under " .. locale.name, function()
      if or_pending(locale) then return end
      local folder = locale.name .. ".resumed"
      assert(os.execute(("cp -r '%s/first' '%s/%s'"):format(root, root, folder)))
      assert.equal("8\n", run(folder, locale.name, "more"))
      assert.equal("0\n", run(folder, "C", "more"))
    end)
  end
end)

describe("in the C locale", function()
  it("numbers are formatted and read as by Lua", function()
    for _, x in ipairs { 0.5, -1.25, 1e300, 3, 2.0, math.huge, 0 / 0 } do
      assert.equal(tostring(x), c_locale.tostring(x))
      assert.equal(("%8.3f|%a|%s|%%"):format(x, x, x), c_locale.format("%8.3f|%a|%s|%%", x, x, x))
    end
    assert.same({ "0.1", "0.30000000000000004", "1e-05", "3", "2.0", "inf" }, {
      c_locale.exact(0.1), c_locale.exact(0.1 + 0.2), c_locale.exact(1e-5), c_locale.exact(3),
      c_locale.exact(2.0), c_locale.exact(math.huge),
    })
    assert.equal(0.5, c_locale.tonumber "0.5")
    assert.is_nil(c_locale.tonumber "0,5")
    assert.is_nil(c_locale.tonumber(nil))
    assert.is_false((pcall(c_locale.format, "%d", 0.5)))
  end)

  it("strings are in the order of their bytes", function()
    local list = { "b", "Z", "a", "", "ab", "é", "a_b" }
    c_locale.sort(list)
    assert.same({ "", "Z", "a", "a_b", "ab", "b", "é" }, list)
    assert.is_true(c_locale.precedes("Z", "a"))
    assert.equal("time_É", c_locale.lower "TIME_É")
  end)
end)
