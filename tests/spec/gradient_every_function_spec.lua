-- Every function of the module with traced values among its arguments, in many places and forms,
-- beside the same call with plain ones.

local core = require "perigee.core"
local pg = require "perigee"

local METHODS = getmetatable(pg.zeros(1)).__methods

--- They write files, print, change the program's state, or take functions and names.
local LEFT_OUT = {
  check_grad = true, checksum_v1 = true, custom_gradient = true, dataset = true, free = true,
  get_state = true, grad = true, help = true, load = true, load_folder = true, load_png = true,
  Model = true, plot = true, progress = true, read_csv = true, save = true, save_png = true,
  seed = true, set_state = true, show = true, threads = true, value_and_grad = true, write = true,
  write_csv = true,
}

--- Names of the module's functions and of arrays' methods.
local function all_names()
  local is_name, names = {}, { "dropout", "split", "standardise" }
  for _, functions in ipairs { core, METHODS } do
    for name in pairs(functions) do
      local is_public = METHODS[name] or rawget(pg, name)
      if is_public and not LEFT_OUT[name] and not is_name[name] then
        is_name[name], names[#names + 1] = true, name
      end
    end
  end
  table.sort(names)
  return names
end

local function number_of(x) return x:reshape(-1)[1] end
local function numbers_of(x) return { number_of(x), x:reshape(-1)[2] } end
local function nested(x) return { { number_of(x), 1 }, { 2, number_of(x) } } end
local function mask_of(x) return pg.detach(x):gt(1) end

--- Functions from an array to the arguments of a call.
local FORMS = {
  function(x) return x end, function(x) return x, x end, function(x) return x, 1 end,
  function(x) return x, 2 end, function(x) return x, 1, 2 end, function(x) return x, -1 end,
  function(x) return x, 2, -1 end, function(x) return x, { 1 } end, function(x) return x, 0.5 end,
  function(x) return pg.detach(x), x end, function(x) return x, pg.detach(x) end,
  function(x) return { x[1], x[2] } end,
  numbers_of, function(x) return numbers_of(x), 1 end,
  function(x) return numbers_of(x), numbers_of(x) end,
  nested, function(x) return nested(x), 1 end, function(x) return nested(x), nested(x) end,
  function(x) return nested(x), 2, 1 end,
  number_of, function(x) return number_of(x), number_of(x) end,
  function(x) return number_of(x), 1 end, function(x) return number_of(x), 0, 1 end,
  function(x) return 2, number_of(x) end, function(x) return { 2 }, number_of(x) end,
  function(x) return x, number_of(x) end, function(x) return number_of(x), x end,
  function(x) return x, pg.array { 1, 2 } end, function(x) return x, pg.array { 2, 1 }, 2 end,
  function(x) return mask_of(x), x, x end, function(x) return mask_of(x), number_of(x), x end,
  function(x) return true, x, x end, function(x) return x, { keep = x } end,
  function(x) return x:sum() * pg.array(1) end,
}

--- The text of a value, the same for a traced and a plain one.
local function text(value)
  value = pg.detach(value)
  if type(value) ~= "table" then
    return (tostring(value):gsub("%-nan", "nan"))
  end
  local parts = {}
  for key, each in pairs(value) do
    parts[#parts + 1] = tostring(key) .. " = " .. text(each)
  end
  table.sort(parts)
  return "{" .. table.concat(parts, ", ") .. "}"
end

--- Calls f with arguments of a form. Returns if it ended well, and the texts of its results or of
--- its error.
local function outcome(f, form, x)
  pg.seed(1)
  local results = table.pack(pcall(function() return f(form(x)) end))
  for i = 2, results.n do
    results[i] = text(results[i])
  end
  return results[1], table.concat(results, " ", 2)
end

local ARRAYS = { pg.array { { 1.5, 2.5 }, { 3.5, 0.5 } }, pg.array { 1.5, 2.5, 0.5 } }

describe("traced values in any argument", function()
  for _, name in ipairs(all_names()) do
    it("of " .. name .. " give what plain ones do, or an error that is told", function()
      local f = rawget(core, name) or METHODS[name] or pg[name]
      for i, form in ipairs(FORMS) do
        for _, base in ipairs(ARRAYS) do
          local is_good, plain = outcome(f, form, base:copy())
          local is_traced_good, traced
          pg.grad(function(x)
            is_traced_good, traced = outcome(f, form, x)
            return 0.0
          end)(base)
          local call = ("%s, form %d: %s, traced: %s"):format(name, i, plain, traced)
          if is_traced_good then
            assert.is_true(is_good, call)
            assert.equal(plain, traced, call)
          else
            for _, sign in ipairs { "_value", "_node", "overflow", "attempt to", "/gradient/" } do
              assert.is_nil(traced:find(sign, 1, true), call)
            end
          end
        end
      end
    end)
  end
end)
