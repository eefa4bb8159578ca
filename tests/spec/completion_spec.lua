-- Completion at the prompt: the candidates for a text up to the cursor.

local completion = require "perigee.repl.complete.completion"
local signatures = require "perigee.repl.introspect.signatures"
local pg = require "perigee"
local results = require "perigee.sweep.table.table"
local sweep = require "perigee.sweep"
local uv = require "luv"

local FOLDER = assert(uv.fs_mkdtemp((os.getenv "TMPDIR" or "/tmp") .. "/completion-XXXXXX"))

local function make_file(path)
  assert(io.open(FOLDER .. "/" .. path, "w")):close()
end

--- An archive with the members of MNIST.
local function archive()
  local path = FOLDER .. "/data.npz"
  assert(pg.save(path, { x_train = pg.zeros(2, 2), x_test = pg.zeros(1, 2), y = pg.zeros(2) }))
  return assert(pg.load(path))
end

--- A table of a CSV file with columns of those names.
local function csv(names)
  local path = FOLDER .. "/data.csv"
  assert(pg.write(path, names .. "\n1,2,x\n"))
  return pg.read_csv(path)
end

local model = pg.Model(pg.zeros(4, 3), pg.array { 0, 1, 0, 1 })

local GLOBALS = setmetatable({
  pg = pg, sweep = sweep, require = require, string = string, io = io, package = package,
  a = pg.zeros(3), data = archive(), m = model, g = pg.random(1), help = pg.help,
  study = sweep.new {
    name = "s", arguments = false, params = { rate = { 1 } }, run = function() end,
  },
  csv = csv "age,petal width,sex",
  rows = results.new({ "hidden", "rate" }, { { hidden = 5, rate = 0.1 } }, {}),
  zeros = pg.zeros, word = "text", count = 7, falsehood = false,
  tbl = {
    alpha = 1, alarm = { deep = { deeper = 1 } }, call = print, ["be ta"] = 2, ["end"] = 3,
    ['a"b'] = 4, __secret = 5, [1] = { first = 1 }, [-1] = { last = 1 },
  },
  object = setmetatable({ own = 1 }, {
    __index = setmetatable({ method = print, __call = print }, { __index = { far = 1 } }),
  }),
  told = setmetatable({}, {
    __index = function(_, name) return name == "inner" and { more = 1 } or nil end,
    __names = function() return { "inner", { name = "act", kind = "method" }, 7, "no name" } end,
  }),
}, { __index = { inherited = 1 } })

local LOCALS = { lasting = 1, a_table = { field = 1 } }

local function complete(text)
  return completion.complete(text, { globals = GLOBALS, locals = LOCALS, modules = { "listed" } })
end

--- Fails unless these words, with spaces between them, are a text's candidates; "" for none.
local function offers(text, words)
  local found = complete(text)
  assert.are.equal(words, found and table.concat(found.candidates, " ") or "", text)
  return found
end

--- Tells if a word is among the candidates.
local function has(text, word)
  local found = complete(text)
  for _, each in ipairs(found and found.candidates or {}) do
    if each == word then
      return true
    end
  end
  return false
end

teardown(function()
  os.execute("rm -r " .. FOLDER)
end)

describe("completion", function()
  it("offers keywords, globals and locals", function()
    for text, words in pairs {
      ["wh"] = "while",
      ["x = no"] = "not",
      ["inher"] = "inherited",
      ["last"] = "lasting",
      ["x + wo"] = "word",
      ["f(1, cou"] = "count",
      ["x = t.y .. wo"] = "word",
      ["x =\n  wo"] = "word",
      ["--[[ c ]] wo"] = "word",
      ["do end wo"] = "word",
      ["x = 'never ended\nwo"] = "word",
      ["x = 'never ended\\\\\nwo"] = "word",
      ["nothing_of_this"] = "",
    } do
      offers(text, words)
    end
    assert.is_true(has("", "while"))
    assert.is_true(has("f(", "word"))
    assert.are.equal(5, complete("x + wo").first)
    assert.are.equal("", complete("x + wo").ending)
  end)

  it("knows the locals of the text that are in scope", function()
    for text, words in pairs {
      ["local alphabet = 1; alph"] = "alphabet",
      ["local a1, alphabet <const> = 1; alph"] = "alphabet",
      ["do local alphabet = 1 end alph"] = "",
      ["function f(alphabet, ...) alph"] = "alphabet",
      ["function f(alphabet) end alph"] = "",
      ["local function alphabet() alph"] = "alphabet",
      ["for alphabet = 1, 3 do alph"] = "alphabet",
      ["for k, alphabet in next, {} do alph"] = "alphabet",
      ["for alphabet = 1, 3 do end alph"] = "",
      ["if x then local alphabet else alph"] = "",
      ["repeat local alphabet = 1\nalph"] = "alphabet",
      ["f(function(alphabet) return alph"] = "alphabet",
      ["function t:m() sel"] = "self",
      ["end end end local alphabet alph"] = "alphabet",
    } do
      offers(text, words)
    end
  end)

  it("leaves new names to the user", function()
    for _, text in ipairs { "local wo", "local x, wo", "for wo", "for k, wo", "function f(wo",
      "function f(x, wo", "local function wo", "goto wo", "::wo" } do
      offers(text, "")
    end
    offers("local f", "function")
    offers("local x <c", "close const")
  end)

  it("offers nothing in comments and numbers, and behind what is complete", function()
    for _, text in ipairs { "-- wo", "--wo", "--[[ wo", "x -- tbl.", "12", "3.", "0xa", "1e",
      "x = tbl.alpha.", "f()", "t[1]", "{}", "'text'" } do
      offers(text, "")
    end
  end)

  it("offers fields after a dot, and what can be called after a colon", function()
    for text, words in pairs {
      ["tbl.al"] = "alarm alpha",
      ["tbl."] = "alarm alpha call",
      ["tbl._"] = "__secret",
      ["tbl:"] = "call",
      ["tbl.alarm."] = "deep",
      ["tbl.alarm.deep."] = "deeper",
      ["tbl . alarm . d"] = "deep",
      ["tbl[1]."] = "first",
      ["tbl[-1]."] = "last",
      ["tbl['alarm']."] = "deep",
      ["(tbl).ca"] = "call",
      ["f(tbl.ca"] = "call",
      ["x = -tbl.ca"] = "call",
      ["a_table."] = "field",
      ["object."] = "far method own",
      ["object:"] = "method",
      ["object._"] = "__call",
      ["told."] = "act inner",
      ["told:"] = "act",
      ["told.inner."] = "more",
      ["word:re"] = "rep reverse",
      ["('x'):re"] = "rep reverse",
      ["string.re"] = "rep reverse",
      ["io.stdout:se"] = "seek setvbuf",
      ["count."] = "",
      ["missing."] = "",
      ["missing.field."] = "",
      ["tbl.call()."] = "",
      ["tbl[count]."] = "",
    } do
      offers(text, words)
    end
  end)

  it("knows what locals of the text stand for", function()
    for text, words in pairs {
      ["local t = tbl\nt.ca"] = "call",
      ["local s = 'x'\ns:re"] = "rep reverse",
      ["local z = pg.zeros(3)\nz:asty"] = "astype",
      ["local p = require 'perigee'\np.onehot"] = "onehot",
      ["local tbl = 1\ntbl."] = "",
      ["local tbl = tbl\ntbl.ca"] = "call",
      ["local x = tbl + 1\nx."] = "",
      ["local x = y local y = x y."] = "",
      ["function f(tbl) tbl."] = "",
    } do
      offers(text, words)
    end
  end)

  it("knows Perigee's classes", function()
    for text, words in pairs {
      ["pg.lins"] = "linspace",
      ["pg.Mod"] = "Model",
      ["pg.Model.lo"] = "load",
      ["a.sh"] = "shape",
      ["a:sh"] = "",
      ["a:so"] = "softmax solve sort",
      ["a.T:asty"] = "astype",
      ["data.x_"] = "x_test x_train",
      ["data:x_"] = "",
      ["data:ke"] = "keys",
      ["data.x_train:asty"] = "astype",
      ["data['x_train']:asty"] = "astype",
      ["data.absent:asty"] = "",
      ["m:fi"] = "fit",
      ["m.i"] = "iteration",
      ["m._lo"] = "",
      ["m.weights.W"] = "W1 W2",
      ["g:rand"] = "rand randint randn",
      ["study.na"] = "name",
      ["study:ta"] = "table",
      ["study:b"] = "best",
      ["rows:gr"] = "group",
      ["csv."] = "age array get labels names sex",
      ["csv._"] = "",
      ["csv:"] = "array get labels",
      ["csv.age:asty"] = "astype",
      ["rows."] = "best columns csv group markdown metrics sort where",
    } do
      offers(text, words)
    end
  end)

  it("knows what functions that have a description give", function()
    for text, words in pairs {
      ["pg.zeros(3):asty"] = "astype",
      ["zeros(3):asty"] = "astype",
      ["a:exp():asty"] = "astype",
      ["a:exp().T:sum(1):asty"] = "astype",
      ["pg.exp(a):asty"] = "astype",
      ["pg.array{1, 2}:asty"] = "astype",
      ["(pg.zeros(3)):asty"] = "astype",
      ["data.x_train:rows(1, 2):asty"] = "astype",
      ["pg.random(1):perm"] = "permutation",
      ["pg.Model(x, y):summ"] = "summary",
      ["pg.dataset 'digits':ke"] = "keys",
      ["pg.dataset('digits').x_train:asty"] = "astype",
      ["study:table():group('x'):mark"] = "markdown",
      ["pg.load('f'):"] = "",
      ["pg.info()."] = "",
      ["pg.initialization(x, 5)."] = "",
    } do
      offers(text, words)
    end
  end)

  it("reads no array of an archive", function()
    local opened = assert(pg.load(FOLDER .. "/data.npz"))
    GLOBALS.closed = opened
    opened:close()
    offers("closed.x_", "")
    offers("closed:ke", "keys")
  end)

  it("offers the keys of tables in brackets", function()
    for text, words in pairs {
      ['tbl["al'] = "alarm alpha",
      ['tbl["be'] = "be ta",
      ['tbl["e'] = "end",
      ['tbl["a\\"'] = 'a\\"b',
      ["tbl['a\""] = 'a"b',
      ['object["'] = "far method own",
      ['data["x_'] = "x_test x_train",
      ['m.weights["W'] = "W1 W2",
      ['csv["'] = "age petal width sex",
      ['missing["'] = "",
    } do
      offers(text, words)
    end
    local found = complete 'tbl["be'
    assert.are.equal(6, found.first)
    assert.are.equal('"', found.ending)
  end)

  it("offers options that were not given", function()
    for text, words in pairs {
      ["pg.Model(x, y, { hi"] = "hidden = ",
      ["pg.Model(x, y, { hidden = 100, hi"] = "",
      ["pg.Model(x, y, { hidden = {10, 20}, acti"] = "activation = ",
      ["pg.Model(x, y, { dro"] = "dropout = ",
      ["pg.Model(x, y, { weight_"] = "weight_decay = ",
      ["pg.Model(x, y, { iter"] = "",
      ["m:fit { it"] = "iterations = ",
      ["m:fit{ rate = 1, it"] = "iterations = ",
      ["m:fit({ it"] = "iterations = ",
      ["for i, loss in m:steps{it"] = "iterations = ",
      ["m:fit { rate = wo"] = "word",
      ["m:fit { rate = f(wo"] = "word",
      ["m:fit { validation = { wo"] = "word",
      ["sweep.new { na"] = "name = ",
      ["sweep.new { params = { na"] = "",
      ["sweep.new { prune = sweep.halving { fac"] = "factor = ",
      ["pg.plot { x"] = "x =  xlabel =  xscale = ",
      ["pg.save('f', {}, { co"] = "compress = ",
      ["pg.initialization(x, 100, { ac"] = "activation = ",
      ["study:run { dry"] = "dry_run = ",
      ["study:plot { gr"] = "group = ",
      ["rows:where { h"] = "hidden = ",
      ["f { wo"] = "word",
      ["{ wo"] = "word",
    } do
      offers(text, words)
    end
  end)

  it("knows the options that functions know", function()
    for name, call in pairs {
      Model = function(options) pg.Model(pg.zeros(2, 2), pg.array { 0, 1 }, options) end,
      steps = function(options) model:steps(options) end,
      fit = function(options) model:fit(options) end,
      plot = pg.plot, run = function(options) GLOBALS.study:run(options) end,
      ["sweep.new"] = sweep.new, ["sweep.halving"] = sweep.halving,
      ["sweep.median"] = sweep.median,
    } do
      local _, message = pcall(call, { no_such = 1 })
      local known = {}
      for each in message:match "there are ([^;]*)":gmatch "[%w_]+" do
        known[#known + 1] = each
      end
      local class, short = name:match "^(%w+)%.(%w+)$"
      local entry
      for _, each in ipairs { class or "pg", "model", "study" } do
        entry = entry or signatures.entry(each, short or name)
      end
      local options, seen = {}, {}
      for _, option in ipairs(signatures.options(entry)) do
        if not seen[option] then
          seen[option] = true
          options[#options + 1] = option
        end
      end
      table.sort(options)
      assert.are.same(known, options, name)
    end
  end)

  it("offers names where they belong", function()
    for text, words in pairs {
      ['pg.zeros(3, "fl'] = "float32 float64",
      ['zeros(3, "fl'] = "float32 float64",
      ['a:astype "int'] = "int16 int32 int64 int8",
      ['a:astype("int3'] = "int32",
      ['a.astype(a, "int3'] = "int32",
      ['pg.astype(a, "int3'] = "int32",
      ['pg.full({2, 3}, 7, "bo'] = "bool",
      ['pg.Model(x, y, { dtype = "'] = "float32 float64",
      ['pg.Model(x, y, { activation = "'] = "gelu leaky_relu relu sigmoid tanh",
      ['pg.Model(x, y, { activation = { "relu", "t'] = "tanh",
      ['pg.Model(x, y, { plan = "'] = "auto dense sparse",
      ['m:fit { optimizer = "'] = "adam adamw momentum nesterov rmsprop sgd",
      ["m:fit { optimizer = 'a"] = "adam adamw",
      ['sweep.new { goal = "'] = "max min",
      ['sweep.new { data = "'] = "digits fashion_mnist mnist",
      ['pg.dataset "'] = "digits fashion_mnist mnist",
      ['help "forw'] = "forward",
      ['pg.help("forw'] = "forward",
      ['data:get "x_'] = "x_test x_train",
      ['data.get(data, "x_'] = "x_test x_train",
      ['csv:get "p'] = "petal width",
      ['csv:labels("'] = "age petal width sex",
      ['csv:array { "age", "p'] = "petal width",
      ['rows:sort("'] = "hidden rate",
      ['rows:sort("hidden", "'] = "ascending descending",
      ['rows:group { "hidden", "r'] = "rate",
    } do
      offers(text, words)
    end
    assert.are.equal("'", complete("a:astype 'bo").ending)
  end)

  it("reads past the prompt's own marks", function()
    offers("=pg.lins", "linspace")
    offers("= wo", "word")
    offers("?pg.lins", "linspace")
    offers("?linsp", "linspace")
    assert.are.equal(2, complete("?linsp").first)
    offers("x ?linsp", "")
  end)
end)

describe("completion of names that a terminal would obey", function()
  local odd = { ["odd\27[2J\u{9b}"] = 1, ["odd plain"] = 2 }
  local rows = results.new({ "zz\27[2Jx", "zzy" }, {}, {})

  local function offered(text)
    local found = completion.complete(text, { globals = { odd = odd, rows = rows }, locals = {},
      modules = {} })
    return table.concat(found and found.candidates or {}, " | ")
  end

  it("leaves them out between long brackets, where nothing can be escaped", function()
    assert.equal("odd plain", offered "odd[ [[odd")
    assert.equal("odd plain", offered "odd[ [=[odd")
    assert.equal("zzy", offered "rows:sort[[zz")
  end)

  it("writes them as what they are in a table", function()
    assert.equal('["zz\\027[2Jx"] =  | zzy = ', offered "rows:where{")
  end)
end)

describe("completion of modules", function()
  it("finds loaded ones, and files along the path", function()
    local folder = FOLDER .. "/lua"
    for _, each in ipairs { "", "/pack", "/whole", "/plain" } do
      assert(uv.fs_mkdir(folder .. each, 448))
    end
    for _, each in ipairs { "zzmod.lua", "pack/zzpart.lua", "whole/init.lua", "plain/readme" } do
      make_file("lua/" .. each)
    end
    local before = package.path
    package.path = folder .. "/?.lua;" .. folder .. "/?/init.lua;" .. FOLDER .. "/lua/wh?.lua"
    finally(function()
      package.path = before
      os.execute("rm -r " .. folder)
    end)
    for text, words in pairs {
      ['require "zzm'] = "zzmod",
      ["require('zzm"] = "zzmod",
      ["local x = require [[zzm"] = "zzmod",
      ['require "pac'] = "pack. package",
      ['require "pack.'] = "pack.zzpart",
      ['require "who'] = "whole",
      ['require "plai'] = "",
      ['require "liste'] = "listed",
      ['require "strin'] = "string",
      ['require "peri'] = "perigee perigee.mpi perigee.sweep",
      ['require "perigee.ch'] = "",
    } do
      offers(text, words)
    end
    assert.are.equal('"', complete('require "zzm').ending)
    assert.are.equal(10, complete('require "zzm').first)
  end)
end)

describe("completion of files", function()
  local made = FOLDER .. "/files"
  setup(function()
    assert(uv.fs_mkdir(made, 448))
    assert(uv.fs_mkdir(made .. "/folder", 448))
    for _, name in ipairs { "one.txt", "other.txt", ".hidden", 'quo"te', "back\\slash", "new\nline",
      "ünï" } do
      make_file("files/" .. name)
    end
  end)
  teardown(function()
    os.execute("rm -r " .. made)
  end)

  local function offers_files(typed, quote, expected, ending)
    local found = complete("f(" .. quote .. made .. "/" .. typed)
    local names = {}
    for i, each in ipairs(found and found.candidates or {}) do
      assert.are.equal(made .. "/", each:sub(1, #made + 1))
      names[i] = each:sub(#made + 2)
    end
    assert.are.equal(expected, table.concat(names, " "))
    if found then
      assert.are.equal(3 + #quote, found.first)
      assert.is_true(found.files)
      assert.are.equal(ending, found.ending)
    end
  end

  it("tells folders, hidden files, and names that a string has to escape", function()
    offers_files("o", '"', "one.txt other.txt", '"')
    offers_files("on", "'", "one.txt", "'")
    offers_files("fo", '"', "folder/", "")
    offers_files(".h", '"', ".hidden", '"')
    offers_files("quo", '"', 'quo\\"te', '"')
    offers_files('quo\\"', '"', 'quo\\"te', '"')
    offers_files("quo", "'", 'quo"te', "'")
    offers_files("ba", '"', "back\\\\slash", '"')
    offers_files("new", '"', "new\\010line", '"')
    offers_files("new\\010", '"', "new\\010line", '"')
    offers_files("\195\188", '"', "ünï", '"')
    offers_files("on", "[[", "one.txt", "")
    offers_files("none", '"', "", "")
    assert.is_nil(table.concat(complete('f("' .. made .. "/").candidates):find "hidden")
  end)

  it("looks in the current folder, and in the user's for ~", function()
    local here = assert(uv.cwd())
    local home = os.getenv "HOME"
    assert(uv.chdir(made))
    uv.os_setenv("HOME", made)
    finally(function()
      uv.chdir(here)
      uv.os_setenv("HOME", home)
    end)
    offers('io.open("on', "one.txt")
    offers('io.open("folder', "folder/")
    offers('io.open "~/on', made .. "/one.txt")
    offers('pg.save("on', "one.txt")
    offers('pg.plot { file = "on', "one.txt")
    offers('pg.dataset "on', "one.txt")
  end)
end)

describe("completion of what does not want it", function()
  --- Fails unless the completion of a text ends within this time, whatever it gives.
  local function survives(text, seconds)
    local start = os.clock()
    local worked, result = pcall(complete, text)
    assert.is_true(worked, tostring(result))
    assert.is_true(os.clock() - start < (seconds or 2), text:sub(1, 40))
    return result
  end

  it("swallows errors, and ends what does not end", function()
    local function spin()
      while true do
        pcall(error)
      end
    end
    local function recurse(t, key)
      return t[key .. "x"]
    end
    local loop = {}
    setmetatable(loop, { __index = loop })
    local one, two = {}, { name = 1 }
    setmetatable(one, { __index = two })
    setmetatable(two, { __index = one })
    for _, value in pairs {
      raises = setmetatable({}, { __index = function() error "no" end,
        __names = function() error {} end }),
      recurses = setmetatable({}, { __index = recurse }),
      spins = setmetatable({}, { __index = spin }),
      tells_forever = setmetatable({}, { __names = spin }),
      pairs_raise = setmetatable({ seen = 1 }, { __pairs = error, __len = error }),
      loop = loop, one = one, two = two,
      locked = setmetatable({ seen = 1 }, { __metatable = false, __index = { far = 1 } }),
      poses = setmetatable({}, { __name = "perigee.array" }),
      lies = setmetatable({}, { __names = function() return { 1, {}, { name = 1 } } end }),
      strange = setmetatable({}, { __index = 1, __name = {}, __names = 2 }),
    } do
      GLOBALS.hostile = value
      for _, text in ipairs { "hostile.", "hostile:", "hostile.x.", 'hostile["', "hostile.x.y(1).",
        'hostile.x("', "hostile.x { a", "hostile().", "hostile '" } do
        survives(text)
      end
    end
    GLOBALS.hostile = one
    offers("hostile.", "name")
    GLOBALS.hostile = setmetatable({ seen = 1 }, { __metatable = false, __index = { far = 1 } })
    offers("hostile.", "far seen")
    GLOBALS.hostile = setmetatable({ seen = 1 }, { __pairs = error })
    offers("hostile.", "seen")
  end)

  it("looks at large tables for a short time, and offers so many names #timed", function()
    local large = {}
    for i = 1, 300000 do
      large["key" .. i] = i
    end
    GLOBALS.large = large
    assert.are.equal(10000, #survives("large.k").candidates)
    survives "large.none"
    GLOBALS.large = nil
  end)

  it("passes interrupts on, and puts hooks back", function()
    GLOBALS.stopped = setmetatable({}, { __index = function() error("interrupted!", 0) end })
    local worked, message = pcall(complete, "stopped.x.y")
    assert.are.same({ false, "interrupted!" }, { worked, message })
    local function hook() end
    local before, mask, count = debug.gethook()
    debug.sethook(hook, "", 1000000)
    complete "tbl."
    local after = debug.gethook()
    debug.sethook(before, mask, count)
    assert.are.equal(hook, after)
  end)

  it("takes any text #timed", function()
    for _, part in ipairs { "(", "{", "[", "a.", "a[", "f{", "local ", "function f(", "'", '"\\',
      "\0", "\255", "--[[", "[==[", "::", "a(", "{a=", "local a = a ", "end ", "x\n", "a()()",
      "0x.", "(('", "for a, ", "f'x'", "<", "}" } do
      for _, times in ipairs { 1, 2, 3, 1000, 10000 } do
        survives(part:rep(times))
        survives(part:rep(times) .. "tbl.")
        survives("tbl." .. part:rep(times))
      end
    end
    survives(("x = 1\n"):rep(1000000))
    local random = 1
    for _ = 1, 2000 do
      local pieces = {}
      for i = 1, 8 do
        random = (random * 1103515245 + 12345) & 0x7fffffff
        pieces[i] = ({ "tbl", ".", ":", "(", ")", "[", "]", "{", "}", "'", '"', "local ", "a", "=",
          ",", "function ", "1", "-", "end ", "do ", "for ", "--", "[[", "\n", "pg", "zeros",
        })[random // 65536 % 26 + 1]
      end
      survives(table.concat(pieces))
    end
  end)

  it("is fast #timed", function()
    complete "pg.z"
    for _, text in ipairs { "w", "pg.z", "a:", "pg.Model(x, y, { hi", 'pg.zeros(3, "fl', "data.x_",
      ("local x = pg.zeros(3)\n"):rep(200) .. "x:" } do
      local least = math.huge
      for _ = 1, 5 do
        local start = os.clock()
        complete(text)
        least = math.min(least, os.clock() - start)
      end
      assert.is_true(least < 0.1, text:sub(1, 30) .. (" takes %.4f s"):format(least))
    end
  end)
end)
