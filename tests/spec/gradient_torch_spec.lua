-- Gradients beside PyTorch's autograd, of all operations in all their forms.
--
-- tests/reference/torch_gradients.txt lists the cases, torch_gradients.py saved what PyTorch finds.

local pg = require "perigee"
local torch_gradients = dofile "tests/reference/torch_gradients.lua"

local BOUND, LOOSE_BOUND, FLOAT32_BOUND = 1e-11, 1e-9, 1e-5

local combine, loss = torch_gradients.combine, torch_gradients.loss
local cases = torch_gradients.cases()

--- The largest difference, relative to the largest expected element; NaN equals NaN.
local function difference(expected, found)
  if type(expected) == "number" then
    expected, found = pg.array { expected }, pg.array { found }
  end
  expected = expected:astype "float64"
  assert.same(expected.shape, found.shape)
  if expected.size == 0 then
    return 0.0
  end
  local size = pg.where(expected:isfinite(), expected:abs(), 0.0):max()
  local same = expected:eq(found) | (expected:isnan() & found:isnan())
  local error = pg.where(same, 0.0, (expected - found):abs()) / math.max(size, 1e-2)
  return error:isnan():any() and math.huge or error:max()
end

--- Lines of the cases in which check finds an error beyond the bound: check(case) returns
--- gradients by name, or nil where the case isn't meant.
local function failures(check, expected, bound)
  local lines = {}
  for _, case in ipairs(cases) do
    local ok, found = pcall(check, case)
    if not ok then
      lines[#lines + 1] = ("%s (%s): %s"):format(case.text, table.concat(case.names, ", "), found)
    elseif found then
      for i, name in ipairs(case.names) do
        local error = found[name] and difference(case[expected][i], found[name]) or 0
        if error > (case.is_loose and math.max(LOOSE_BOUND, bound) or bound) then
          lines[#lines + 1] = ("%s, by %s: %s is %.1e from %s"):format(case.text, name,
            pg.detach(found[name]), error, case[expected][i])
        end
      end
    end
  end
  return lines
end

local function assert_none(lines)
  assert(#lines == 0, ("%d cases:\n%s"):format(#lines, table.concat(lines, "\n")))
end

local function copy(inputs)
  local result = {}
  for name, value in pairs(inputs) do
    result[name] = value
  end
  return result
end

describe("a gradient beside PyTorch's", function()
  it("is that of the same value", function()
    for _, case in ipairs(cases) do
      local error = difference(case.value, loss(case.f, case.inputs))
      assert(error <= (case.is_loose and LOOSE_BOUND or BOUND), case.text)
    end
  end)

  it("agrees, by all operands", function()
    assert_none(failures(function(case)
      return pg.grad(function(inputs) return loss(case.f, inputs) end)(case.inputs)
    end, "first", BOUND))
  end)

  it("agrees for the function of the module as for the method", function()
    local count = 0
    assert_none(failures(function(case)
      count = count + (case.function_form and 1 or 0)
      return case.function_form and pg.grad(function(inputs)
        return loss(case.f_of_module, inputs)
      end)(case.inputs)
    end, "first", BOUND))
    assert(count > 300)
  end)

  it("agrees by each operand, where the others are constants", function()
    assert_none(failures(function(case)
      local found = {}
      for name, value in pairs(case.inputs) do
        found[name] = pg.grad(function(x)
          local inputs = copy(case.inputs)
          inputs[name] = x
          return loss(case.f, inputs)
        end)(value)
      end
      return found
    end, "first", BOUND))
  end)

  it("agrees in the second derivative", function()
    assert_none(failures(function(case)
      return case.has_second and pg.grad(function(inputs)
        local first, list = pg.grad(function(values) return loss(case.f, values) end)(inputs), {}
        for i, name in ipairs(case.names) do
          list[i] = first[name]
        end
        return combine(list, 1.7)
      end)(case.inputs) or nil
    end, "second", BOUND))
  end)

  it("agrees for views: every second element, forward or backward, of larger arrays", function()
    assert_none(failures(function(case)
      local larger, keys = {}, {}
      for name, value in pairs(case.inputs) do
        larger[name] = value
        if type(value) ~= "number" then
          local shape, key = {}, {}
          for i, n in ipairs(value.shape) do
            shape[i] = 2 * n + 1
            key[i] = i % 2 == 1 and { 2 * n, 2, -2 } or { 2, 2 * n, 2 }
          end
          larger[name], keys[name] = pg.full(shape, 0.7), key
          larger[name][key] = value
        end
      end
      local found = pg.grad(function(inputs)
        local views = {}
        for name, value in pairs(inputs) do
          views[name] = keys[name] and value[keys[name]] or value
        end
        return loss(case.f, views)
      end)(larger)
      for name, key in pairs(keys) do
        local whole = found[name]
        found[name] = whole[key]:copy()
        whole[key] = 0
        assert(not whole:isnan():any() and whole:abs():max() == 0, "elements outside of the view")
      end
      return found
    end, "first", BOUND))
  end)

  it("agrees for transposed views, as arguments too", function()
    assert_none(failures(function(case)
      local transposed = {}
      for name, value in pairs(case.inputs) do
        transposed[name] = type(value) == "number" and value or value.T:copy()
      end
      local found = pg.grad(function(inputs)
        local views = {}
        for name, value in pairs(inputs) do
          views[name] = type(pg.detach(value)) == "number" and value or value.T
        end
        return loss(case.f, views)
      end)(transposed)
      local arguments = {}
      for name, value in pairs(transposed) do
        local is_number = type(value) == "number"
        found[name] = is_number and found[name] or found[name].T
        arguments[name] = is_number and value or value.T
      end
      local of_views = pg.grad(function(inputs) return loss(case.f, inputs) end)(arguments)
      for name, g in pairs(of_views) do
        assert(difference(found[name], g) <= BOUND, name .. ": an argument that is a view")
      end
      return found
    end, "first", BOUND))
  end)

  it("agrees in float32, and has that dtype", function()
    assert_none(failures(function(case)
      local inputs = {}
      for name, value in pairs(case.inputs) do
        inputs[name] = type(value) == "number" and value or value:astype "float32"
      end
      local found = pg.grad(function(values) return loss(case.f, values) end)(inputs)
      for name, g in pairs(found) do
        assert(type(g) == "number" or g.dtype == "float32", name .. ": the gradient's dtype")
      end
      return not case.is_loose and found or nil
    end, "first", FLOAT32_BOUND))
  end)
end)
