local options = require "perigee.options"

local DEFAULTS = {
  iterations = 1000, rate = 0.1, data = "mnist", faithful = false, hidden = { 25, 50 },
}

describe("options", function()
  it("are their defaults where they are not given", function()
    assert.same(DEFAULTS, options.parse({}, DEFAULTS))
  end)

  it("are read by the type of their default", function()
    local found = options.parse({
      "iterations=20", "rate=1", "data=a=b.npz", "faithful=true", "hidden=100,200,300",
    }, DEFAULTS)
    assert.same({
      iterations = 20, rate = 1, data = "a=b.npz", faithful = true, hidden = { 100, 200, 300 },
    }, found)
    assert.same({ 7 }, options.parse({ "hidden=7" }, DEFAULTS).hidden)
  end)

  it("that are unknown or badly given are told, with those that there are", function()
    local known = "data=mnist faithful=false hidden=25,50 iterations=1000 rate=0.1"
    for argument, problem in pairs {
      ["iteration=5"] = "unknown option 'iteration'",
      ["5"] = "'5' is not of the form key=value",
      ["--help"] = "'--help' is not of the form key=value",
      ["iterations=many"] = "iterations=many: expected an integer",
      ["iterations=1.5"] = "iterations=1.5: expected an integer",
      ["iterations="] = "iterations=: expected an integer",
      ["rate=fast"] = "rate=fast: expected a number",
      ["data="] = "data=: expected some text",
      ["faithful=yes"] = "faithful=yes: expected true or false",
      ["hidden=1,,2"] = "hidden=1,,2: expected an integer, or several with commas",
    } do
      local values, message = options.parse({ argument }, DEFAULTS)
      assert.is_nil(values)
      assert.truthy(message:find(problem, 1, true), message)
      assert.truthy(message:find(known, 1, true), message)
    end
  end)
end)
