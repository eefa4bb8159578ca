-- The cases of torch_gradients.txt, and PyTorch's gradients of each.

local cjson = require "cjson"
local pg = require "perigee"

local HERE = debug.getinfo(1, "S").source:match "^@(.*)/" or "."
local GROUP = "<([^<>]*|[^<>]*)>"

local torch_gradients = {}

-- --- the cases ----------------------------------------------------------------------------------

--- The parts of a text between separators, which are plain text.
local function split(text, separator)
  local parts, first = {}, 1
  while true do
    local at, last = text:find(separator, first, true)
    parts[#parts + 1] = text:sub(first, at and at - 1)
    if not at then
      return parts
    end
    first = last + 1
  end
end

--- Calls f with each of the lines that a line with groups stands for.
local function expand(line, f)
  local group = line:match(GROUP)
  for i = 1, group and #split(group, "|") or 1 do
    f((line:gsub(GROUP, function(text)
      return split(text, "|")[i]
    end)))
  end
end

local function draw(shape, kind, generator)
  local n = 1
  for _, length in ipairs(shape) do
    n = n * length
  end
  if kind == "normal" then
    return generator:randn(n):reshape(shape)
  elseif kind == "positive" then
    return (0.5 + 1.5 * generator:rand(n)):reshape(shape)
  elseif kind == "unit" then
    return (0.1 + 0.8 * generator:rand(n)):reshape(shape)
  elseif kind == "apart" then
    local drawn = generator:rand(n)
    local ranks = drawn:argsort():argsort() - 1
    return (0.25 * ranks + 0.05 * drawn - 0.5):reshape(shape)
  end
  local drawn = generator:randn(n):reshape(shape)
  if kind == "dominant" then
    return 0.3 * drawn + 2 * pg.eye(shape[1])
  elseif kind == "definite" then
    return 0.15 * (drawn + drawn.T) + (1.5 + 0.75 * pg.range(0.0, shape[1] - 1)):diag()
  end
  error("no kind " .. kind)
end

--- The inputs of a case by name, and their names in order.
local function make_inputs(texts, seed)
  local generator, inputs, names = pg.random(seed), {}, {}
  for i, text in ipairs(texts) do
    local name, form = text:match "^(.-)=(.*)"
    local shape, kind = form:match "^([%d,]+)$", "normal"
    if not shape then
      shape, kind = form:match "^([%d,]+):(%a+)$"
    end
    names[i] = name
    if form:find "^number" then
      inputs[name] = draw({ 1 }, form:match ":(%a+)" or "normal", generator):item()
    elseif shape then
      local lengths = {}
      for length in shape:gmatch "%d+" do
        lengths[#lengths + 1] = math.tointeger(length)
      end
      inputs[name] = draw(lengths, kind, generator)
    else
      local value = cjson.decode(form)
      inputs[name] = type(value) == "number" and value or pg.array(value, "float64")
    end
  end
  return inputs, names
end

local HELPERS = {}

function HELPERS.squares(...)
  local values = { ... }
  for i, value in ipairs(values) do
    values[i] = value ^ 2
  end
  return table.unpack(values)
end

--- The function of the inputs, a table, that an expression says.
local function compile(expression)
  local environment = setmetatable({ pg = pg, h = HELPERS, table = table, select = select },
    { __index = pg })
  local f = assert(load("return function(inputs) local a, b, c, s, t, low, high = inputs.a, "
    .. "inputs.b, inputs.c, inputs.s, inputs.t, inputs.low, inputs.high return " .. expression
    .. " end", "=" .. expression, "t", environment))
  return f()
end

--- The shape of an array, {} of a number.
local function shape_of(value)
  return type(value) == "number" and {} or value.shape
end

-- --- sums to compare ----------------------------------------------------------------------------

local function element_count(value)
  local n = 1
  for _, length in ipairs(shape_of(value)) do
    n = n * length
  end
  return n
end

--- The sum of all elements of some values, each times a cosine of its number.
---@param values table
---@param step number
---@return number
function torch_gradients.combine(values, step)
  local total = 0.0
  for i, value in ipairs(values) do
    local is_number = type(pg.detach(value)) == "number"
    local n = element_count(pg.detach(value))
    if is_number then
      total = total + value * math.cos(step + i)
    elseif n > 0 then
      local weights = pg.cos(pg.range(1.0, n) * step + i):reshape(value.shape)
      total = total + (value * weights):sum()
    end
  end
  return total
end

--- The sum for the results of a case's function that are floats.
---@param f function
---@param inputs table
---@return number
function torch_gradients.loss(f, inputs)
  return torch_gradients.combine({ f(inputs) }, 1.0)
end

-- --- all of it ----------------------------------------------------------------------------------

--- The cases: their functions and inputs, and PyTorch's value and gradients, as lists in the order
--- of the inputs' names.
---@return table[]
function torch_gradients.cases()
  local file <close> = assert(io.open(HERE .. "/torch_gradients.txt"))
  local archive <close> = pg.load(HERE .. "/torch_gradients.npz")
  local numbers, at, cases = archive.numbers, 0, {}
  local function take(value)
    local n = element_count(value)
    local part = numbers[{ { at + 1, at + n } }]
    at = at + n
    return type(value) == "number" and part[1] or part:reshape(value.shape)
  end
  for line in file:lines() do
    if line ~= "" and not line:find "^#" then
      expand(line, function(text)
        local columns = split(text, " | ")
        local inputs, names = make_inputs(split(columns[3], " "), #cases + 1)
        local case = {
          text = columns[1], inputs = inputs, names = names, f = compile(columns[1]),
          is_loose = columns[4] == "loose", has_second = columns[4] ~= "first",
          value = take(0.0), first = {}, second = {},
        }
        for _, list in ipairs { case.first, case.second } do
          for i, name in ipairs(names) do
            list[i] = take(inputs[name])
          end
        end
        cases[#cases + 1] = case
        local method, rest = columns[1]:match "^%(?a:([%w_]+)%((.*)$"
        if not method then
          method, rest = columns[1]:match "^a:([%w_]+)(%b{}.*)$"
          rest = rest and rest:gsub("^(%b{})", "%1)")
        end
        if method then
          local open = columns[1]:sub(1, 1) == "(" and "(" or ""
          local comma = rest:sub(1, 1) == ")" and "" or ", "
          case.function_form = open .. "pg." .. method .. "(a" .. comma .. rest
          case.f_of_module = compile(case.function_form)
        end
      end)
    end
  end
  assert(at == #numbers, "torch_gradients.npz is not that of torch_gradients.txt")
  return cases
end

return torch_gradients
