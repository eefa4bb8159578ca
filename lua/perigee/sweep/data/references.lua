--- The references of functions and tables: the arrays, archives, numbers and texts that they lead
--- to.
--
-- Upvalues, globals that a function names, tables and metatables are followed, to any depth. Lua's
-- libraries and Perigee's own files are not.

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local core = require "perigee.core"
local types = require "perigee.util.types"

local references = {}

local DEEPEST = 1000 -- levels of tables and functions
local MOST_ENTRIES = 10000 -- of a table that are followed

-- The names of classes.
local ARCHIVE, GENERATOR, MODEL = "perigee.archive", getmetatable(core.random(0)).__name,
  "perigee.model"

--- The name of a value's class; nil if it has none.
local function class_of(value)
  local class = debug.getmetatable(value)
  return type(class) == "table" and rawget(class, "__name") or nil
end

---@param value any
---@return boolean
function references.is_archive(value)
  return type(value) == "userdata" and class_of(value) == ARCHIVE
end

---@param value any
---@return boolean
function references.is_generator(value)
  return type(value) == "userdata" and class_of(value) == GENERATOR
end

-- --- what is not followed -----------------------------------------------------------

local STANDARD = {
  "_G", "coroutine", "debug", "io", "math", "os", "package", "string", "table", "utf8",
}
local LIBRARY = debug.getinfo(1, "S").source:match "^(@.*)sweep/data/references%.lua$"

--- The set of tables that are not followed. Globals are followed only if a function names them.
local function closed_tables()
  local closed, loaded = {}, package.loaded
  for name, module in next, loaded do
    if type(name) == "string" and name:find "^perigee%f[\0.]" then
      closed[module] = true
    end
  end
  for _, name in ipairs(STANDARD) do
    if loaded[name] then
      closed[loaded[name]] = true
    end
  end
  closed[loaded] = true
  local globals = loaded._G
  local arguments = type(globals) == "table" and rawget(globals, "arg")
  if arguments then -- the command line is the study's own
    closed[arguments] = true
  end
  return closed
end

-- --- following ----------------------------------------------------------------------

---@class perigee.sweep.reference
---@field name string  the path to it: "helpers.load", "x", "data.train.x"
---@field root string  the variable that it begins with
---@field value any  an array, an archive, a generator, a number, a text, true or false

local Walk = {}
Walk.__index = Walk

--- The order of keys: numbers, then the other types by name.
local function in_order(a, b)
  local a_kind, b_kind = math.type(a) and "" or type(a), math.type(b) and "" or type(b)
  if a_kind ~= b_kind then
    return a_kind < b_kind
  elseif a_kind == "" then
    return a < b
  end
  return a_kind == "string" and c_locale.precedes(a, b)
end

--- Follows a table's entries, ordered by their keys. A long list of numbers counts as one array.
function Walk:table(root, name, value)
  local keys = {}
  for key in next, value do
    keys[#keys + 1] = key
    if #keys == MOST_ENTRIES then
      local is_array, array = pcall(core.array, value)
      if is_array and array.ndim == 1 then
        self.found[#self.found + 1] = { name = name, root = root, value = array }
        return
      end
      break
    end
  end
  table.sort(keys, in_order)
  for _, key in ipairs(keys) do
    local is_plain = type(key) == "string" or math.type(key)
    self:follow(root, name .. "." .. (is_plain and c_locale.tostring(key) or type(key)),
      rawget(value, key))
    if not is_plain then
      self:follow(root, name .. "." .. type(key), key)
    end
  end
end

--- Follows the globals that a function names: their names are among the constants of its code. A
--- name that is no global may be a field of the globals' __index.
function Walk:globals(f, globals)
  local code, named, seen = string.dump(f, true), {}, {}
  local function is_named(key) -- as a constant: the length, and one, stand before it
    local length = #key + 1
    return code:find((length < 128 and string.char(length | 128) or "") .. key, 1, true)
  end
  while type(globals) == "table" and not seen[globals] do
    seen[globals] = true
    for key, value in next, globals do
      if type(key) == "string" and named[key] == nil and is_named(key) then
        named[key] = value
      end
    end
    local class = debug.getmetatable(globals)
    globals = type(class) == "table" and rawget(class, "__index")
  end
  named._VERSION = nil
  for _, key in ipairs(collections.sorted_keys(named)) do
    self:follow(key, "_ENV." .. key, named[key])
  end
end

function Walk:upvalues(f)
  for i = 1, math.huge do
    local name, value = debug.getupvalue(f, i)
    if not name then
      return
    elseif name == "_ENV" or value == package.loaded._G then
      self:globals(f, value)
    else
      self:follow(name, name, value)
    end
  end
end

local SCALARS = { string = true, number = true, boolean = true }

function Walk:follow(root, name, value)
  local kind, class = type(value), class_of(value)
  if SCALARS[kind] or types.is_array(value) or references.is_archive(value)
    or references.is_generator(value) then
    self.found[#self.found + 1] = { name = name, root = root, value = value }
  elseif value == nil or self.seen[value] or self.depth == DEEPEST then
    return
  end
  self.depth = self.depth + 1
  if kind == "table" and class == MODEL then
    local network = rawget(value, "_network")
    self:follow(root, name .. ".weights", network.weights)
    self:follow(root, name .. ".state", network.state)
  elseif kind == "table" and not (type(class) == "string" and class:find "^perigee%.") then
    self.seen[value] = true
    self:table(root, name, value)
    self:follow(root, name .. ".metatable", debug.getmetatable(value))
  elseif kind == "function" then
    local info = debug.getinfo(value, "S")
    local is_of_library = LIBRARY ~= nil and info.source:sub(1, #LIBRARY) == LIBRARY
    if info.what ~= "C" and not is_of_library then
      self.seen[value], self.sources[info.source] = true, self.sources[info.source] or value
      self:upvalues(value)
    end
  end
  self.depth = self.depth - 1
end

--- Lists the references of some values: themselves, if they are arrays, archives, numbers, texts,
--- true or false, and all that they lead to.
---@param values table<string, any>  by the beginnings of the references' names; of a function, the
---   names begin with its variables
---@return perigee.sweep.reference[]  in the same order each time
---@return table<string, function>  # a function of each source that was met
function references.of(values)
  local walk = setmetatable({ found = {}, sources = {}, depth = 0 }, Walk)
  walk.seen = closed_tables()
  for _, name in ipairs(collections.sorted_keys(values)) do
    walk:follow(name, name, values[name])
  end
  return walk.found, walk.sources
end

return references
