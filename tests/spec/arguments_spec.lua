-- Functions and methods raise for a self or an argument that they do not take.

local entries = require "perigee.help.entries"
local options = require "perigee.options"
local pg = require "perigee"
local raises_here = require("tests.support").raises_here
local sweep = require "perigee.sweep"
local tables = require "perigee.sweep.table.table"

local function study()
  return sweep.new {
    name = "arguments", arguments = false, params = { k = { 1 } }, run = function() end,
  }
end

--- A value of each class, and one that is handed to `f` where only a study makes it.
local function values(f)
  local path = os.tmpname()
  pg.save(path .. ".npz", { x = 1 })
  local data <close> = pg.load(path .. ".npz")
  os.remove(path)
  os.remove(path .. ".npz")
  pg.write(path, "a\n1\n")
  local csv = pg.read_csv(path)
  os.remove(path)
  local trial = require("perigee.sweep.trial.trial_run").new({
    index = 1, seed = 0, id = "0", is_parameter = {},
    monitor = { beat = function() end, warn = function() end },
  }).handle
  f {
    array = pg.zeros(2), random = pg.random(0), model = pg.Model(pg.zeros(4, 2), { 0, 1, 0, 1 }),
    study = study(), table = tables.new({ "k" }, { { k = 1 } }, {}), archive = data, trial = trial,
    pg = pg, sweep = sweep, options = options, csv = csv,
  }
end

--- Entries of the functions, but for those of ranks, which need MPI (mpi_spec).
local function described()
  local list = {}
  for _, entry in ipairs(entries.entries()) do
    if entry.class ~= "mpi" and entry.class ~= "communicator" then
      list[#list + 1] = entry
    end
  end
  return list
end

--- The public function or method that is described.
local function written(entry, value)
  return entry.full:find "^Model%." and pg.Model[entry.name] or value[entry.class][entry.name]
end

describe("a method", function()
  it("that is called with a dot says so, for each class", function()
    values(function(value)
      local owners = {
        array = "an array's", random = "a generator's", archive = "an archive's",
        model = "a model's", study = "a study's", table = "a table's",
        trial = "a trial's", csv = "a table of a CSV file's",
      }
      for _, entry in ipairs(described()) do
        local owner = owners[entry.class]
        if owner and not entry.full:find "^Model%." then
          local method = written(entry, value)
          local text = ("%s is %s method: %s, with a colon"):format(entry.name, owner,
            entries.name(entry) .. "(...)")
          for _, self in ipairs { 1, "text", {}, false, io.stdout } do
            raises_here(text, function() local _ = method(self, 1) end)
          end
          raises_here(text, function() local _ = method() end)
        end
      end
    end)
  end)

  it("takes its own class alone", function()
    local x = pg.rand(5, 3)
    raises_here("sum is an array's method: a:sum(...)", function() return { x.sum(1) } end)
    raises_here("argmax is an array's method: a:argmax(...)", function() return { x.argmax(1) } end)
    raises_here("sum is an array's method", function() return { x.sum({ 1, 2 }) } end)
    raises_here("dot is an array's method", function() return { x.dot(pg.rand(3, 2)) } end)
    raises_here("take is an array's method", function() return { x.take(pg.range(1, 2)) } end)
    raises_here("add_ is an array's method", function() x.add_(pg.ones(5, 3)) end)
    raises_here("rand is a generator's method",
      function() return { setmetatable({}, getmetatable(pg.random(0))):rand() } end)
    assert.equal(x:sum(), x.sum(x))
    assert.equal(3.0, pg.sum({ 1, 2 }))
    assert.equal(1.0, pg.sum(1))
  end)

  it("is not what a loop without ipairs finds", function()
    local x, data = pg.zeros(2, 3), nil
    values(function(value) data = value.archive end)
    for _, f in ipairs {
      function() for _ in x do print "?" end end, function() for _ in x[1] do print "?" end end,
      function() return x(1) end, function() for _ in pairs(x) do print "?" end end,
    } do
      raises_here("for i, row in ipairs(x)", f)
    end
    raises_here("for axis, length in ipairs(x.shape)",
      function() for _ in x.shape do print "?" end end)
    raises_here("ipairs(data:keys())", function() for _ in data do print "?" end end)
    raises_here("ipairs(data:keys())", function() for _ in pairs(data) do print "?" end end)
  end)

  it("of an array that was freed says that", function()
    local x = pg.zeros(3)
    local sum = x.sum
    x:free()
    raises_here("the array was freed", function() return { sum(x) } end)
  end)
end)

describe("a message", function()
  -- Functions that close or end what others need, or write.
  local left_out = { ["a:free"] = true, ["data:close"] = true, ["study:run"] = true }

  -- Values of many kinds: no function takes all of them.
  local function wrong()
    return {
      false, true, "/dev/null/x", "", 7.5, -3, 1 << 40, 0 / 0, {}, { a = 1 }, { {} }, print,
      io.stdout, coroutine.create(print), pg.zeros(2, 3), pg.random(0),
    }
  end

  local function check(name, message, is_direct)
    message = tostring(message)
    for _, text in ipairs { "lua/perigee", "'?'", "perigee.core.", "attempt to ", "local '",
      "upvalue '" } do
      assert(not message:find(text, 1, true), ("%s: %s"):format(name, message))
    end
    assert(not is_direct or message:find "^[^\n]*arguments_spec.lua:%d+: ",
      ("%s: %s"):format(name, message))
  end

  it("names no file of the library's, and each function by its name", function()
    local print_before, stderr, here = print, io.stderr, os.tmpname()
    os.remove(here)
    _G.print = function() end -- luacheck: ignore 122
    io.stderr = assert(io.open("/dev/null", "w")) -- luacheck: ignore 122
    local worked, problem = pcall(values, function(value)
      for _, entry in ipairs(described()) do
        local name, f = entries.name(entry), written(entry, value)
        local self = name:find(":", 1, true) and value[entry.class] or nil
        for _, each in ipairs(left_out[name] and {} or wrong()) do
          for count = 0, 3 do
            local arguments = {}
            for i = 1, count do
              arguments[i] = each
            end
            table.insert(arguments, 1, self)
            local called, message = pcall(function()
              local _ = f(table.unpack(arguments))
            end)
            check(name, called or message, not called)
            called, message = pcall(f, table.unpack(arguments))
            check(name, called or message)
          end
        end
      end
    end)
    io.stderr:close()
    _G.print, io.stderr = print_before, stderr -- luacheck: ignore 122
    assert(worked, problem)
  end)
end)

describe("a function", function()
  -- Lengths are any number of arguments, as one table or one by one.
  local takes_any = { ["..."] = true, shape = true }

  it("raises for an argument behind those that are described", function()
    values(function(value)
      for _, entry in ipairs(described()) do
        local parameters, count = entry.parameters:gsub("^_, ", ""), 0
        for name in parameters:gmatch "[%w_.]+" do
          count = takes_any[name] and -math.huge or count + 1
        end
        if count >= 0 then
          local f, arguments = written(entry, value), {}
          local is_method = entries.name(entry):find(":", 1, true)
          if is_method then
            arguments[1] = value[entry.class]
          end
          local surplus = count + (is_method and 2 or 1)
          arguments[surplus] = "surplus"
          raises_here(("bad argument #%d to '%s' (no such argument"):format(surplus, entry.name),
            function()
              local _ = f(table.unpack(arguments, 1, surplus))
            end)
        end
      end
    end)
  end)

  it("says which, in the words of the call", function()
    local x = pg.zeros(3)
    raises_here("bad argument #2 to 'exp' (table of options",
      function() return { pg.exp(x, x) } end)
    raises_here("bad argument #1 to 'exp' (table of options", function() return { x:exp(x) } end)
    raises_here("bad argument #2 to 'sort' (no such", function() return { x:sort(1, x) } end)
    raises_here("bad argument #2 to 'shuffle'", function() pg.shuffle(x, x) end)
    raises_here("bad argument #2 to 'eye' (dtype expected", function() return { pg.eye(2, 3) } end)
    raises_here("bad argument #4 to 'zeros'", function() return { pg.zeros(2, 3, "int8", 1) } end)
    raises_here("bad argument #3 to 'zeros'", function() return { pg.zeros({ 2 }, "int8", 1) } end)
    raises_here("bad argument #4 to 'full'", function() return { pg.full({ 2 }, 1, "int8", 1) } end)
    raises_here("bad argument #3 to 'rand'", function() return { pg.rand(2, 3, "int8") } end)
    raises_here("bad argument #4 to 'uniform'", function() return { pg.uniform(0, 1, 2, "x") } end)
    raises_here("bad argument #3 to 'read'", function() options.read({}, {}, 1) end)
    assert.equal("(3,)", tostring(pg.exp(x, nil).shape)) -- nil is no argument
  end)

  it("goes by its own name, however it is called", function()
    for name, message in pairs {
      load = "bad argument #1 to 'load' (string expected, got number)",
      threads = "bad argument #1 to 'threads' (number expected, got string)",
      zeros = "bad argument #1 to 'zeros' (length or table expected, got string)",
      onehot = "bad argument #2 to 'onehot' (number expected, got no value)",
    } do
      local given = ({ load = 3, onehot = 1 })[name] or "two"
      assert.same({ false, message }, { pcall(pg[name], given) })
      local alias = pg[name]
      raises_here(message, function() alias(given) end)
    end
    raises_here("bad argument #1 to 'round' (number expected, got string)",
      function() pg.zeros(2):round "x" end)
    assert.same({ false, "bad argument #2 to 'round' (number expected, got string)" },
      { pcall(pg.round, pg.zeros(2), "x") })
  end)

  it("says of freed arrays and closed archives what was asked of them", function()
    local a = pg.zeros(2)
    a:free()
    for message, f in pairs {
      ["sum: the array was freed"] = function() return a:sum() end,
      ["shape: the array was freed"] = function() return a.shape end,
      ["[...]: the array was freed"] = function() return a[1] end,
      ["the operand of #: the array was freed"] = function() return #a end,
      ["the operand of -: the array was freed"] = function() return -a end,
      ["the operand of ~: the array was freed"] = function() return ~a end,
      ["the right side of *: the array was freed"] = function() return pg.zeros(2) * a end,
    } do
      raises_here(message, function() return { f() } end)
    end
    raises_here("the value that is assigned: ", function() pg.zeros(2)[1] = "a" end)
    local path = os.tmpname() .. ".npz"
    pg.save(path, { x = pg.zeros(2) })
    local data = pg.load(path)
    data:close()
    os.remove(path)
    raises_here("keys: the archive was closed", function() data:keys() end)
    raises_here("x: the archive was closed", function() return { data.x } end)
  end)

  it("counts the arguments of clip as they were written", function()
    local a = pg.zeros(2)
    raises_here("bad argument #1 to 'clip'", function() a:clip("a", 1) end)
    raises_here("bad argument #2 to 'clip'", function() a:clip(1, "a") end)
    raises_here("bad argument #3 to 'clip'", function() pg.clip(a, 1, "a") end)
  end)

  it("says that a function of the module was called with a colon", function()
    for _, f in ipairs {
      function() pg:zeros(2, 3) end, function() pg:load "x.npz" end, function() pg:seed(1) end,
      function() pg:save("x.npy", pg.zeros(1)) end, function() pg:plot { y = { 1 } } end,
      function() pg:dataset "mnist" end, function() require("perigee.sweep"):new {} end,
    } do
      raises_here("is a function: call it with a dot, not a colon", f)
    end
    assert.is_nil(pg.help(pg))
  end)

  it("names no line of the library's where a callback ends in a tail call", function()
    local x, y = pg.rand(4, 3), { 0, 1, 0, 1 }
    local m = pg.Model(x, y, { hidden = 2, seed = 0 })
    for _, rate in ipairs {
      function() return m:score(x) end, function() return pg.Model(x, y, { hidn = 1 }) end, m.score,
      function() error("x", 2) end,
    } do
      local worked, message = pcall(m.fit, m, { iterations = 1, rate = rate })
      assert.is_false(worked)
      assert.not_matches("perigee/[%a_]+%.lua", message)
    end
  end)

  it("says of an operator's text where it stands", function()
    local x = pg.zeros(2)
    for _, f in ipairs {
      function() return { "1" + x } end, function() return { "1" - x } end,
      function() return { "1" * x } end, function() return { "1" / x } end,
      function() return { "1" // x } end, function() return { "1" % x } end,
      function() return { "1" ^ x } end, function() return { print & x } end,
      function() return { print | x } end, function() return { print ~ x } end,
    } do
      raises_here("the left side of ", f)
      raises_here(": array, number or table expected, got ", f)
    end
    raises_here("the right side of +: array, number or table expected, got string",
      function() return { x + "1" } end)
    raises_here("the left side of &: array, number or table expected, got function",
      function() return { print & x } end)
    raises_here("the right side of |: ", function() return { x | print } end)
    raises_here("the right side of ~: ", function() return { x ~ print } end)
  end)

  it("tells nil from what was not given, wherever that is needed", function()
    values(function(value)
      for _, entry in ipairs(described()) do
        local name, _, _, is_optional = entries.parameter(entry, 1)
        local f, given = written(entry, value), {}
        if entries.name(entry):find(":", 1, true) then
          given[1] = value[entry.class]
        end
        if name and not is_optional and name ~= "..." and entry.name ~= "help" then
          local called, message = pcall(function()
            local _ = f(table.unpack(given, 1, #given))
          end)
          assert.is_false(called, entries.name(entry))
          if not message:find("with a colon", 1, true) then -- of a method that arrays alone have
            assert.matches("arguments_spec.lua:%d+: bad argument .* expected, got no value%)$",
              message)
          end
          _, message = pcall(f, table.unpack(given, 1, #given + #entry.params))
          assert.not_matches("no value", tostring(message))
        end
      end
    end)
  end)

  it("tells nil from what was not given, in each place", function()
    local x, data = pg.zeros(2, 2), nil
    values(function(value) data = value.archive end)
    for _, f in ipairs {
      function(...) pg.linspace(0, 1, ...) end, function(...) pg.range(1, ...) end,
      function(...) x:take(...) end, function(...) x:clip(...) end,
      function(...) x:dot(...) end, function(...) x:fill_(...) end,
      function(...) x:add_(...) end, function(...) x:swapaxes(1, ...) end,
      function(...) x:expand_dims(...) end, function(...) x:masked(...) end,
      function(...) x:astype(...) end, function(...) pg.concat(...) end,
      function(...) pg.stack(...) end, function(...) pg.array(...) end,
      function(...) pg.update({}, {}, ...) end, function(...) pg.load(...) end,
      function(...) pg.save(...) end, function(...) pg.permutation(...) end,
      function(...) data:get(...) end,
    } do
      local _, without = pcall(f)
      local _, with = pcall(f, nil)
      assert.matches("got no value%)$", without)
      assert.matches("got nil%)$", with)
    end
  end)

  it("that is called without its arrays says so", function()
    for _, name in ipairs {
      "transpose", "reshape", "copy", "sum", "exp", "sort", "dot", "onehot", "softmax", "squeeze",
      "flip", "tolist", "where", "allclose", "histogram", "unique", "masked", "rows", "item",
    } do
      raises_here(("bad argument #1 to '%s' (array, number or table expected, got no value"):format(
        name), function() local _ = pg[name]() end)
    end
    raises_here("bad argument #2 to 'dot' (array, number or table expected, got nil",
      function() return { pg.dot(pg.zeros(2), nil) } end)
    raises_here("bad argument #1 to 'add_' (array, number or table expected, got no value",
      function() pg.add_() end)
  end)

  it("takes no nil for a length", function()
    raises_here("bad argument #1 to 'rand'", function() return { pg.rand(nil) } end)
    raises_here("bad argument #2 to 'randn'", function() return { pg.randn(3, nil) } end)
    raises_here("bad argument #3 to 'normal'", function() return { pg.normal(0, 1, nil) } end)
    raises_here("bad argument #3 to 'uniform'", function() return { pg.uniform(0, 1, nil) } end)
    raises_here("bad argument #3 to 'randint'", function() return { pg.randint(0, 9, nil) } end)
    raises_here("bad argument #2 to 'zeros'", function() return { pg.zeros(3, nil) } end)
    raises_here("bad argument #2 to 'ones'", function() return { pg.ones(3, nil, 4) } end)
    raises_here("bad argument #3 to 'full'", function() return { pg.full(3, 2, nil) } end)
    assert.equal("float64", pg.zeros({ 3 }, nil).dtype)
  end)

  it("takes no option among the elements of a table", function()
    for _, f in ipairs {
      function() return { pg.zeros { 2, 3, dtype = "float32" } } end,
      function() return { pg.array { 1, 2, dtype = "uint8" } } end,
      function() return { pg.array { { 1 }, { 2 }, dtype = "uint8" } } end,
      function() return { pg.rand { 2, seed = 1 } } end,
      function() return { pg.stack { { 1 }, { 2 }, axis = 2 } } end,
      function() return { pg.concat { pg.eye(2), axis = 2 } } end,
      function() return { pg.zeros(4):reshape { 4, order = "F" } } end,
      function()
        local hashed = {}
        for i = 5, 1, -1 do
          hashed[i] = i
        end
        hashed.dtype = "int8"
        return { pg.array(hashed) }
      end,
    } do
      raises_here("stands among elements: options are arguments behind the table", f)
    end
    assert.equal(3, #pg.array(table.pack(1, 2, 3)))
    assert.same({ 2, 3 }, pg.zeros(table.pack(2, 3)).shape)
  end)

  it("takes no text for a number", function()
    local x = pg.ones(2, 2)
    for _, f in ipairs {
      function() return { x:sum "1" } end, function() return { x:sum { "1" } } end,
      function() return { pg.eye "3" } end, function() return { pg.concat({ x }, "2") } end,
      function() return { x:topk "2" } end, function() return { x:round "2" } end,
      function() return { x:diag "1" } end, function() return { x:triu "1" } end,
      function() return { pg.range("1", "3") } end, function() return { pg.range(1, 3, "1") } end,
      function() return { pg.linspace(0, 1, "5") } end, function() return { pg.zeros "3" } end,
      function() return { x:tile "2" } end, function() return { x:take "2" } end,
      function() return { pg.full({ 2 }, "1") } end, function() return { x:get("1", 1) } end,
      function() return { pg.normal("0", 1) } end, function() return { pg.randint("1") } end,
      function() return { x:clip("0", 1) } end, function() return { x:maximum "1" } end,
      function() pg.seed "1" end, function() x:fill_ "1" end, function() x:rows("1", 2) end,
      function() pg.threads "1" end, function() return { x:swapaxes("1", 2) } end,
      function() return { x:array_split "2" } end, function() return { x:pad "1" } end,
      function() return { x:reshape("4") } end, function() return { x:transpose("2", "1") } end,
      function() return { x:sum(1, { ddof = "1" }) } end, function() x:axpy_("1", x) end,
    } do
      assert.is_false((pcall(f)))
    end
  end)

  it("takes booleans where booleans are meant", function()
    raises_here("bad argument #2 to 'sum' (boolean expected, got number",
      function() return { pg.zeros(2, 2):sum(1, 0) } end)
    raises_here("boolean expected", function() return { pg.choice(5, 2, "no") } end)
  end)
end)
