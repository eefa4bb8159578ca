-- Runs the examples that stand in the descriptions of functions, each in a small world where the
-- names have values that the documents give them: x, y, m, data, study, t ...
-- luacheck: ignore 121 122 (print and io.stderr are replaced)

local digits = require "perigee.data.digits"
local help = require "perigee.help.help"
local options = require "perigee.options"
local pg = require "perigee"
local sweep = require "perigee.sweep"
local tables = require "perigee.sweep.table.table"
local uv = require "luv"

local examples = {}

-- --- the world ------------------------------------------------------------------

local function rows()
  local list = {}
  for _, rate in ipairs { 0.1, 0.5 } do
    for seed = 0, 1 do
      list[#list + 1] = {
        rate = rate, seed = seed, loss = 1 - rate - seed / 8, accuracy = 0.5 + rate - seed / 4,
      }
    end
  end
  return tables.new({ "rate", "seed", "loss", "accuracy" }, list, { "loss", "accuracy" })
end

local function new_study(name, run)
  return sweep.new {
    name = name, params = { rate = { 0.1, 0.5 } }, repeats = 2, run = run, arguments = false,
  }
end

local function run_trial(p, trial)
  for i = 10, 20, 10 do
    trial:report(i, { accuracy = 0.4 + p.rate / 2 + i / 100 + trial.seed / 50, loss = 1 / i })
  end
end

--- The arrays of 100 and 50 drawn digits, in the layout of MNIST; drawn once.
local arrays

--- The names that examples may use. The data set is a small one; the ranks are there where the
--- process has loaded perigee.mpi.
local function new_world()
  arrays = arrays or digits.draw(0, 100, 50)
  assert(pg.save("digits.npz", arrays))
  assert(pg.save("file.npz", { W1 = pg.zeros(20, 784), b1 = pg.zeros(1, 20) }))
  for i = 1, 6 do
    local class = i % 2 == 0 and "pictures/circle" or "pictures/square"
    os.execute("mkdir -p " .. class)
    pg.save_png(("%s/%d.png"):format(class, i), arrays.x_train[i])
  end
  assert(pg.write("iris.csv", "length,width,species\n5.1,3.5,setosa\n6.3,3.3,virginica\n"))
  local x, y = (arrays.x_train / 255):reshape(-1, 784), arrays.y_train
  local mpi = package.loaded["perigee.mpi"]
  local world = {
    mpi = mpi, comm = mpi and mpi.world,
    pg = setmetatable({ dataset = function() return pg.load "digits.npz" end }, { __index = pg }),
    a = pg.array { { 1, 2, 3 }, { 4, 5, 6 } }, x = x, y = y,
    xt = (arrays.x_test / 255):reshape(-1, 784), yt = arrays.y_test,
    data = pg.load "digits.npz", csv = pg.read_csv "iris.csv",
    g = pg.random(0), w = pg.initialization(x, 20),
    m = pg.Model(x, y, { hidden = 20, seed = 0 }), t = rows(), help = help,
    options = options,
    sweep = setmetatable({ new = function(definition)
      definition.arguments = false
      return sweep.new(definition)
    end }, { __index = sweep }),
    study = new_study("study", run_trial), run = run_trial, params = { rate = { 0.1, 0.5, 1 } },
  }
  assert(world.study:run { quiet = true })
  return setmetatable(world, { __index = _G })
end

-- --- what an expression gives ------------------------------------------------------

--- A value as an example shows it.
local function shown(value)
  if type(value) ~= "table" or getmetatable(value) then
    return tostring(value)
  end
  local parts = {}
  for i, each in ipairs(value) do
    parts[i] = shown(each)
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

--- Runs code in the world: what it gives as text, or, where it is a statement, what it prints.
local function run(code, world, printed)
  local chunk, message = load("return " .. code, "=example", "t", world)
  chunk = chunk or load(code, "=example", "t", world)
  if not chunk then
    error(code .. ": " .. message)
  end
  local first = #printed + 1
  local values = table.pack(chunk())
  while values.n > 1 and values[values.n] == nil do
    values.n = values.n - 1 -- a message that there is not
  end
  for i = 1, values.n do
    values[i] = shown(values[i])
  end
  return values.n > 0 and table.concat(values, "  ", 1, values.n)
    or table.concat(printed, "\n", first)
end

--- Where the last expression or statement of some lines begins.
local function start_of_last(lines)
  for i = #lines, 1, -1 do
    local code = table.concat(lines, "\n", i)
    if load("return " .. code) or load(code) then
      return i
    end
  end
  error("no Lua: " .. table.concat(lines, "\n"))
end

--- The parts of an example: code, and what the end of it is said to give, if that is said.
local function parts_of(lines)
  local parts, code = {}, {}
  local function add(told)
    local last = start_of_last(code)
    parts[#parts + 1] = { code = table.concat(code, "\n", 1, last - 1), told = "" }
    parts[#parts + 1] = { code = table.concat(code, "\n", last), told = told }
    code = {}
  end
  for i, line in ipairs(lines) do
    local before, told = line:match "^(.-)%s*%-%->%s?(.*)$"
    if before == "" then
      parts[#parts].told = parts[#parts].told .. "\n" .. told
    else
      code[#code + 1] = before or line
      if told or (lines[i + 1] or ""):find "^%-%->" then
        add(told or "")
      end
    end
  end
  parts[#parts + 1] = { code = table.concat(code, "\n"), told = "" }
  return parts
end

--- Runs the parts of an example; each gets what it gives, as `given`.
local function run_parts(entry, world)
  local parts, printed, print_before, stderr = parts_of(entry.example), {}, print, io.stderr
  local sink <close> = assert(io.open("/dev/null", "w"))
  local output = io.output()
  print = function(...)
    local words = table.pack(...)
    for i = 1, words.n do
      words[i] = tostring(words[i])
    end
    printed[#printed + 1] = table.concat(words, "  ")
  end
  io.stderr = sink
  io.output(sink)
  local worked, message = pcall(function()
    for _, part in ipairs(parts) do
      part.given = part.code ~= "" and run(part.code, world, printed) or ""
    end
  end)
  io.output(output)
  print, io.stderr = print_before, stderr
  assert(worked, message)
  return parts
end

local function run_in_trial(entry, world)
  local parts
  local study = new_study("trial", function(_, trial)
    world.trial = trial
    world.m = pg.Model(world.x, world.y, { hidden = 5, seed = 0 })
    parts = run_parts(entry, world)
  end)
  assert(study:run { quiet = true, fail_fast = true })
  return parts
end

--- Runs the example of a function in an empty folder, which is left as the current one.
---@param entry table
---@return table[] parts  of each: code; told, what it is said to give; given, what it gives
function examples.run(entry)
  local folder, before = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/example-XXXXXX")), uv.cwd()
  uv.chdir(folder)
  local worked, parts = pcall(function()
    return (entry.class == "trial" and run_in_trial or run_parts)(entry, new_world())
  end)
  uv.chdir(before)
  os.execute(("rm -rf '%s'"):format(folder))
  assert(worked, parts)
  return parts
end

local function squeezed(text)
  return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

--- Whether what was given is what was told, spaces and line ends apart; "..." stands for anything.
---@param given string
---@param told string
---@return boolean
function examples.fits(given, told)
  local pattern = squeezed(told):gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%0")
  pattern = pattern:gsub("%%%.%%%.%%%.", ".*")
  return squeezed(given) == squeezed(told) or squeezed(given):find("^" .. pattern .. "$") ~= nil
end

--- What is wrong with the example of a function; nil for one that gives what it says.
---@param name string
---@param entry table
---@return string?
function examples.problem(name, entry)
  for _, part in ipairs(examples.run(entry)) do
    if part.told ~= "" and not examples.fits(part.given, part.told) then
      return ("%s: %s gives\n%s\nand not\n%s"):format(name, part.code, part.given, part.told)
    end
  end
end

--- Tells if a class's examples need perigee.mpi: specs of ranks run these, others all others.
---@param class string
---@return boolean
function examples.needs_mpi(class)
  return class == "mpi" or class == "communicator"
end

return examples
