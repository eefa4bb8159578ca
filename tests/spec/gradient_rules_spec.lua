-- Each operation of the library has a rule, or a word in the lists of those that have none.

local core = require "perigee.core"
local pg = require "perigee"
local operations = require "perigee.gradient.rules"
local lists = require "perigee.gradient.rules.constants"

local without_rule = lists.without_rule

--- Functions that are written in Lua over others, or that take no arrays.
local IN_LUA = {
  grad = true, value_and_grad = true, check_grad = true, custom_gradient = true, detach = true,
  dataset = true, load_folder = true, read_csv = true, write_csv = true, plot = true, show = true,
  save_png = true, help = true, progress = true, split = true, standardise = true,
  dropout = true,
}

--- Metamethods that the class of traced values has itself, and those that nobody calls by an
--- operator.
local OF_THE_CLASS = {
  __index = true, __newindex = true, __len = true, __lt = true, __le = true, __pairs = true,
  __tostring = true, __call = true, __gc = true, __close = true, __no_field = true,
}

--- The names of a table's functions that have no entry anywhere.
local function missing(functions, others)
  local names = {}
  for name, value in pairs(functions) do
    if type(value) == "function"
      and not (operations[name] or without_rule[name] or others and others[name]) then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

describe("the rules of derivatives", function()
  local array = getmetatable(core.zeros(1))

  it("have an entry for each function of pg", function()
    assert.same({}, missing(pg, IN_LUA))
  end)

  it("have an entry for each method of arrays", function()
    assert.same({}, missing(array.__methods))
  end)

  it("have an entry for each metamethod of arrays", function()
    local metamethods = {}
    for name, value in pairs(array) do
      if name:find "^__" then
        metamethods[name] = value
      end
    end
    assert.same({}, missing(metamethods, OF_THE_CLASS))
    for name in pairs(OF_THE_CLASS) do
      assert.is_truthy(name == "__gc" or array[name], name .. " is no metamethod of arrays")
    end
  end)

  it("have an entry for each method of generators", function()
    assert.same({}, missing(getmetatable(core.random(0)).__methods))
  end)

  it("use only operations that have an entry themselves", function()
    for _, file in ipairs { "elementwise", "linear_algebra", "networks", "reductions", "selection",
      "shapes" } do
      local path = package.searchpath("perigee.gradient.rules." .. file, package.path)
      for line in io.lines((assert(path, file))) do
        for name in line:gmatch "core%.([%w_]+)" do
          assert.is_truthy(operations[name] or without_rule[name],
            ("rules/%s.lua uses core.%s, which has no rule"):format(file, name))
        end
      end
    end
  end)

  it("name no operation that doesn't exist", function()
    for name, reason in pairs(without_rule) do
      assert.is_truthy(core[name] or array[name] or name:find "^__", name)
      assert.is_nil(operations[name], name .. " has both a rule and none")
      assert.equal("string", type(reason))
    end
    for name in pairs(IN_LUA) do
      assert.equal("function", type(pg[name]), name)
      assert.is_nil(without_rule[name], name)
    end
  end)

  it("raise with the name of the operation that has none", function()
    pg.grad(function(a)
      for name in pairs(without_rule) do
        local f = array.__methods[name] or rawget(array, name) or core[name]
        if f and (array.__methods[name] or array[name]) then
          assert.error_matches(function() f(a, a) end, name .. " has no rule for traced values")
        end
      end
      for _, name in ipairs(lists.in_place) do
        assert.error_matches(function() operations[name](a) end, name .. ": writes in place")
      end
      return a:sum()
    end)(pg.ones(3))
  end)
end)
