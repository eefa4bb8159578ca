--- What is written about each public function, as text: for help and for the reference.
---
--- It stands once, in the comments above the function: in lua/meta/perigee.lua for what is made
--- in C, and in the library's own files for the rest.

local spelling = require "perigee.spelling"

local help = {}

local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$" or "."

--- Where functions made in Lua are described: their file, and their name there.
local IN_LUA = {
  { file = "model.lua", name = "new", class = "pg", public = "Model" },
  { file = "model.lua", prefix = "Model", class = "model" },
  { file = "dataset.lua", name = "dataset.open", class = "pg", public = "dataset" },
  { file = "progress.lua", name = "progress.each", class = "pg", public = "progress" },
  { file = "plot.lua", name = "", class = "pg", public = "plot" },
  { file = "show.lua", name = "show.show", class = "pg", public = "show" },
  { file = "png.lua", name = "png.save", class = "pg", public = "save_png" },
  { file = "help.lua", name = "help.show", class = "pg", public = "help" },
  { file = "sweep.lua", prefix = "sweep", class = "sweep" },
  { file = "sweep/trial.lua", prefix = "Trial", class = "trial" },
  { file = "sweep/study.lua", prefix = "Study", class = "study" },
  { file = "sweep/table.lua", prefix = "Table", class = "table" },
}

-- --- reading comments ----------------------------------------------------------

--- The meta file, beside the library or where it is installed.
local function open_meta()
  return io.open(here .. "/../meta/perigee.lua")
    or assert(io.open(here .. "/../../../perigee/meta/perigee.lua"))
end

--- The name and parameters of a function that a line begins; "" for one without a name.
local function function_in(line)
  local name, parameters = line:match "^l?o?c?a?l? ?function ([%w_.:]+)%((.-)%)"
  if name then
    return name, parameters
  end
  parameters = line:match "^return function%((.-)%)"
  return parameters and "", parameters
end

--- One comment's lines as sentences, parameters and returned values.
local function read_comment(lines)
  local entry = { text = {}, params = {}, returns = {} }
  local last = entry.text
  for _, line in ipairs(lines) do
    local tag, rest = line:match "^@(%w+) ?(.*)"
    if not tag then
      local more = line:match "^%s%s+(.*)"
      if more and last ~= entry.text then
        last[#last] = last[#last] .. " " .. more
      else
        entry.text[#entry.text + 1] = line:match "^ ?(.*)"
      end
    elseif tag == "param" or tag == "return" then
      last = tag == "param" and entry.params or entry.returns
      last[#last + 1] = rest
    end
  end
  return entry
end

--- All functions of a file that have a comment, in order, each with the heading it stands
--- under.
local function read_file(file)
  local entries, lines, heading = {}, {}, nil
  for line in file:lines() do
    local name, parameters = function_in(line)
    heading = line:match "^%-%- %-%-%- (.-) %-+$" or heading
    if name and #lines > 0 then
      local entry = read_comment(lines)
      entry.full, entry.parameters, entry.heading = name, parameters, heading
      entries[#entries + 1] = entry
    end
    if line:find "^%-%-%-" then
      lines[#lines + 1] = line:sub(4)
    elseif line:find "^%-%- " and #lines > 0 then
      lines[#lines + 1] = line:sub(3)
    else
      lines = {}
    end
  end
  file:close()
  return entries
end

local function find_in_lua(source)
  local found = {}
  for _, entry in ipairs(read_file(assert(io.open(here .. "/" .. source.file)))) do
    local method = source.prefix and entry.full:match("^" .. source.prefix .. "[.:](.*)")
    if entry.full == source.name or method then
      entry.class, entry.name = source.class, method or source.public
      found[#found + 1] = entry
    end
  end
  return found
end

local cache

--- Every public function's description, in the order of the files.
---@return table[] entries  class, name, parameters, heading, text, params, returns
function help.entries()
  if cache then
    return cache
  end
  local entries = {}
  for _, entry in ipairs(read_file(open_meta())) do
    entry.class, entry.name = entry.full:match "^(%w+)[.:]([%w_]+)$"
    entries[#entries + 1] = entry
  end
  for _, source in ipairs(IN_LUA) do
    for _, entry in ipairs(find_in_lua(source)) do
      entries[#entries + 1] = entry
    end
  end
  cache = entries
  return cache
end

-- --- as text --------------------------------------------------------------------

local OF_WHAT = {
  pg = "pg.%s(%s)", array = "a:%s(%s)", archive = "data:%s(%s)", random = "g:%s(%s)",
  model = "m:%s(%s)", sweep = "sweep.%s(%s)", trial = "trial:%s(%s)", study = "study:%s(%s)",
  table = "t:%s(%s)",
}

--- How the function is called: "a:take(positions, axis)".
---@param entry table
---@return string
function help.signature(entry)
  local parameters = entry.class == "pg" and entry.name == "Model"
    and entry.parameters:gsub("^_, ", "") or entry.parameters
  if entry.class == "model" and entry.full:find(".", 1, true) then
    return ("pg.%s(%s)"):format(entry.full, parameters) -- a function of the class
  end
  return OF_WHAT[entry.class]:format(entry.name, parameters)
end

--- The whole description: signature, sentences, parameters, returned values.
---@param entry table
---@return string
function help.text(entry)
  local lines = { help.signature(entry), "" }
  table.move(entry.text, 1, #entry.text, #lines + 1, lines)
  for i, parameter in ipairs(entry.params) do
    lines[#lines + 1] = (i == 1 and "\n" or "") .. "  " .. parameter
  end
  for _, value in ipairs(entry.returns) do
    lines[#lines + 1] = "  returns " .. value
  end
  return table.concat(lines, "\n")
end

--- The name of a public function.
local function name_of(value)
  local pg = require "perigee"
  for _, place in ipairs { { functions = pg, prefix = "" },
    { functions = pg.Model, prefix = "Model." } } do
    for name, each in pairs(place.functions) do
      if rawequal(each, value) then
        return place.prefix .. name
      end
    end
  end
end

--- The entries of a name: of the module, and of each class that has it.
---@param name string  "sort", "pg.load", "a:sort", "Model.load"
---@return table[]
function help.find(name)
  local found, exact, short = {}, {}, name:match "[.:]([%w_]+)$" or name
  for _, entry in ipairs(help.entries()) do
    if entry.name == short then
      found[#found + 1] = entry
    end
    if entry.full == name:gsub("^pg%.", "") and name:find "Model" then
      exact[#exact + 1] = entry
    end
  end
  return #exact > 0 and exact or found
end

--- Whether a parameter's description says an option of that name: "rate = 0.1", "(or epochs)".
local function names_option(entry, name)
  for _, parameter in ipairs(entry.params) do
    if parameter:find "^options" and parameter:find("%f[%w_]" .. name .. "%f[^%w_]") then
      return true
    end
  end
  return false
end

--- The entries that know an option.
local function find_option(name)
  local found = {}
  for _, entry in ipairs(name:find "^[%w_]+$" and help.entries() or {}) do
    if names_option(entry, name) then
      found[#found + 1] = entry
    end
  end
  return found
end

local function nearest(name)
  local names = {}
  for i, entry in ipairs(help.entries()) do
    names[i] = entry.name
  end
  return (spelling.nearest(name, names))
end

local function list_names()
  local names, seen = {}, {}
  for _, entry in ipairs(help.entries()) do
    if not seen[entry.name] then
      seen[entry.name] = true
      names[#names + 1] = entry.name
    end
  end
  table.sort(names)
  return "pg.help \"name\" or pg.help(pg.name) tells about one of:\n  " .. table.concat(names, " ")
end

--- Prints what a public function does, or without an argument which there are.
--- An option's name shows the functions that know it. Raises for what is none of them, and names
--- the one that is spelt most like it.
---@param what? string|function  "sort", or pg.sort, or "batch"
function help.show(what)
  if what == nil then
    print(list_names())
    return
  end
  local name = type(what) == "string" and what or name_of(what)
  if not name then
    error("help: a name or a function of pg is needed, not " .. tostring(what), 2)
  end
  local found = help.find(name)
  found = #found > 0 and found or find_option(name)
  if #found == 0 then
    error(("help: there is no '%s'; did you mean '%s'?"):format(name, nearest(name)), 2)
  end
  for i, entry in ipairs(found) do
    print((i > 1 and "\n" or "") .. help.text(entry))
  end
end

return help
