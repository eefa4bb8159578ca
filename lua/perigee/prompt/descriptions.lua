--- The parts of descriptions: what a class has, what a function takes.

local help = require "perigee.help"

local descriptions = {}

-- --- classes ----------------------------------------------------------------------

local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*/[^/]*$" or ".."

--- Where fields are described: beside the library or where it is installed; for what is made in
--- Lua, in the file that makes it.
local FILES = {
  "/../meta/perigee.lua", "/../../../perigee/meta/perigee.lua", "/model.lua", "/sweep/trial.lua",
  "/sweep/study.lua", "/sweep/table.lua",
}

local fields

--- The fields of all classes, by the last word of their class.
local function all_fields()
  if fields then
    return fields
  end
  fields = {}
  local list
  for _, path in ipairs(FILES) do
    for line in (io.open(here .. path) or io.tmpfile()):lines() do
      local class = line:match "^%-%-%-@class [%w_.]-([%w_]+)$"
      local name, type_text = line:match "^%-%-%-@field ([%w_]+)%?? +(%S+)"
      if class then
        list = fields[class:lower()] or {}
        fields[class:lower()] = list
      elseif name then
        list[#list + 1] = { name = name, kind = "field", type = type_text }
      end
    end
  end
  return fields
end

--- Whether there is anything to tell of a class.
---@param class string
---@return boolean
function descriptions.class(class)
  return all_fields()[class] ~= nil
end

--- The names of a class.
---@param class string
---@return { name: string, kind: "method"|"function"|"field", type: string? }[]
function descriptions.members(class)
  local members = {}
  for _, entry in ipairs(help.entries()) do
    if entry.class == class then
      local kind = entry.full:find(":", 1, true) and "method" or "function"
      members[#members + 1] = { name = entry.name, kind = kind }
    end
  end
  local list = all_fields()[class] or {}
  return table.move(list, 1, #list, #members + 1, members)
end

-- --- parameters -------------------------------------------------------------------

--- A parameter of a function.
---@param entry table
---@param i integer
---@return string? name
---@return string type
---@return string text
function descriptions.parameter(entry, i)
  if not entry.params[i] then
    return nil
  end
  local name, rest = entry.params[i]:match "^([^%s?]+)%??%s*(.*)$"
  local type_text, text = rest:match "^(.-)%s%s+(.*)$"
  return name, type_text or rest, text or ""
end

-- --- options ----------------------------------------------------------------------

local function entry_of(class, name)
  for _, entry in ipairs(help.entries()) do
    if entry.class == class and entry.name == name then
      return entry
    end
  end
end

--- A text at its commas, semicolons and colons that are in no brackets.
local function pieces_of(text)
  local pieces, depth, from = {}, 0, 1
  for at, mark in text:gmatch "()([][(){},;:])" do
    depth = depth + (mark:find "[[({]" and 1 or mark:find "[])}]" and -1 or 0)
    if depth == 0 and mark:find "[,;:]" then
      pieces[#pieces + 1] = text:sub(from, at - 1)
      from = at + 1
    end
  end
  pieces[#pieces + 1] = text:sub(from)
  return pieces
end

--- The options that a piece of their description begins with: `rate = 0.1`, `or epochs`,
--- `xscale and yscale ("log")`, `of momentum and nesterov momentum = 0.9`.
local function names_in(piece)
  local text = piece:gsub("^%s*or%s+", ""):gsub("^%s+", ""):gsub("%s+$", "") .. " "
  if text:find "^of " then
    text = text:gsub("^of [%w_]+ and [%w_]+ ", ""):gsub("^of [%w_]+ ", "")
  end
  local first, second = text:match "^(%l[%w_]*) and (%l[%w_]*) %f[(=%z]"
  return { first or text:match "^(%l[%w_]*) %f[(=%z]", second }
end

local options_of

--- Adds those of another function that fit.
local function add_others(options, class, name, fits)
  local other = entry_of(class, name)
  for _, option in ipairs(other and options_of(other) or {}) do
    if fits(option.name) then
      options[#options + 1] = option
    end
  end
end

--- What a model may be told of all its trainings: "(optimizer and its options, rate, batch: see
--- `steps`)".
local function add_seen(options, entry)
  local listed, other = table.concat(entry.text, " "):match "%(([^()]*): see `([%w_]+)`%)"
  if not listed then
    return
  end
  local named, is_optimizer = {}, false -- its options follow it
  for name in listed:gmatch "[%w_]+" do
    named[name] = true
  end
  add_others(options, "model", other, function(name)
    is_optimizer = is_optimizer or name == "optimizer"
    return named[name] or is_optimizer
  end)
end

--- Those of another function, but for some: "as `m:steps` takes them, but for resume and progress".
local function add_same(options, entry, text)
  local object, other = text:match "^as .-`(m?:?)([%w_]+)`"
  local except = text:match "but for (.*)" or ""
  if other then
    add_others(options, object == "" and entry.class or "model", other, function(name)
      return not except:find("%f[%w_]" .. name .. "%f[^%w_]")
    end)
  end
end

--- What the words of a parameter say: "hidden = 100 (a number or a list), seed (else ...)".
local function add_told(options, text)
  for _, piece in ipairs(pieces_of(text)) do
    local names = names_in(piece)
    for _, name in ipairs(names) do
      options[#options + 1] = { name = name, text = piece }
    end
    if #names == 0 and #options > 0 then -- `metric = "accuracy", or "loss"`
      options[#options].text = options[#options].text .. piece
    end
  end
end

local function options_parameter(entry)
  for i = 1, #entry.params do
    local name, type_text, text = descriptions.parameter(entry, i)
    if name == "options" then
      return type_text, text
    end
  end
end

function options_of(entry)
  local options, type_text, text = {}, options_parameter(entry)
  if not type_text then
    return options
  end
  for name in type_text:gmatch "[{,] *([%w_]+):" do -- { compress: boolean }
    options[#options + 1] = { name = name, text = "" }
  end
  if #options == 0 then
    add_told(options, text)
    add_same(options, entry, text)
    add_seen(options, entry)
  end
  return options
end

--- The options of a function, each with the words that tell of it.
---@param entry table
---@return string[] names
---@return { name: string, text: string }[] told
function descriptions.options(entry)
  local told, names = options_of(entry), {}
  for i, option in ipairs(told) do
    names[i] = option.name
  end
  return names, told
end

return descriptions
