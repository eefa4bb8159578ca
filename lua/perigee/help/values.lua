--- The public function or the class of a value, and the page about it.

local core = require "perigee.core"
local doc_comment = require "perigee.help.doc_comment"
local entries = require "perigee.help.entries"
local errors = require "perigee.util.errors"
local format = require "perigee.util.format"
local lua_manual = require "perigee.help.lua_manual"
local page = require "perigee.help.page"
local public = require "perigee.util.public"

local values = {}

-- --- functions --------------------------------------------------------------------

--- The description of a function made in C.
local function entry_in_c(f)
  for _, class in ipairs(entries.classes()) do
    local metatable = class.written and debug.getregistry()[class.written]
    local functions = class.name == "pg" and core or metatable and metatable.__methods
    for _, entry in ipairs(type(functions) == "table" and entries.entries() or {}) do
      if entry.class == class.name and rawequal(functions[entry.name], f) then
        return entry
      end
    end
  end
  for name, each in pairs(core) do -- a method of arrays as a function of the module
    if rawequal(each, f) then
      return entries.find(name)[1]
    end
  end
end

--- The description of a public function; nil for any other.
local function entry_of(f)
  local info = debug.getinfo(public.written(f), "S")
  if info.what == "C" then
    return entry_in_c(f)
  end
  for _, entry in ipairs(entries.entries()) do
    if entry.source == info.source and entry.line == info.linedefined then
      return entry
    end
  end
end

--- The page about a function that is not public: Lua's, another library's, or the user's.
local function function_page(f, name)
  local info = debug.getinfo(f, "S")
  local name_in_lua = lua_manual.name_of(f)
  if name_in_lua then
    return page.of_manual(name_in_lua)
  end
  local self = page.new()
  for global, value in pairs(name and {} or _G) do
    name = rawequal(value, f) and type(global) == "string" and global or name
  end
  name = name or "function"
  if info.what == "C" then
    self:line(name, "title")
    self:line()
    self:prose "A function made in C, without a description here."
    return self
  end
  self:prose(doc_comment.signature(f, name), nil, "  ", "title")
  self:line()
  local comment, why = doc_comment.comment(f)
  if comment then
    self:description(comment)
  else
    self:prose(why)
  end
  self:line()
  self:line(("defined in %s, line %d"):format(info.short_src, info.linedefined), "aside")
  return self
end

-- --- values -----------------------------------------------------------------------

--- A method that only this class has, for classes made in Lua.
local OWN_METHOD = { model = "steps", study = "curves", table = "group", trial = "report" }

--- Tells if a metatable has the name of a class, as completion knows it.
local function is_named(metatable, class)
  return rawequal(rawget(metatable, "__name"), "perigee." .. class.name)
end

--- The class of a value; nil for a value that is not Perigee's.
local function class_of(value)
  local metatable = getmetatable(value)
  if type(metatable) ~= "table" then
    return nil
  end
  for _, class in ipairs(entries.classes()) do
    if class.written and rawequal(debug.getregistry()[class.written], metatable)
      or type(value) == "table" and is_named(metatable, class) then
      return class
    end
    local name = OWN_METHOD[class.name]
    local worked, method = errors.pcall(function() return name and value[name] end)
    local entry = worked and type(method) == "function" and entry_of(method)
    if entry and entry.class == class.name then
      return class
    end
  end
end

--- A line about a value, by its class.
local ABOUT = {
  array = function(a)
    local line = errors.try(function()
      return ("an array: %s %s, %d elements"):format(a.dtype, a.shape, a.size)
    end)
    return line or "an array that was freed"
  end,
  archive = function(archive)
    local line = errors.try(function()
      return ("an archive: %s, with %s"):format(archive:path(), table.concat(archive:keys(), ", "))
    end)
    return line or "an archive that was closed"
  end,
  communicator = function(comm)
    return ("a %s"):format(comm)
  end,
  csv = function(csv)
    return ("a table of a CSV file: %s of %s"):format(format.quantity(#csv.names, "column"),
      format.quantity(#csv, "row"))
  end,
  model = function(model)
    return (tostring(model):match "^[^\n]*":gsub("^Model", "a model"))
  end,
  study = function(study)
    return ("a study: %s, in %s"):format(study.name, study.folder)
  end,
  table = function(rows)
    return ("a table of results: %d rows of %s"):format(#rows, table.concat(rows.columns, ", "))
  end,
}

--- A sentence about a value of Lua, by its type.
local SENTENCES = {
  number = function(x)
    return ("a number, %s, for + - * / // %% ^ and Lua's math library; it serves as an array "
      .. "where one is expected: help \"math\", help \"arrays\"."):format(
      math.type(x) == "integer" and "an integer of 64 bits" or "a float of 64 bits")
  end,
  string = function(text)
    return ("a text of %s. #s is its length in bytes, s .. t joins two, s:upper(), s:find(pattern) "
      .. "and s:format(...) are Lua's string library: help \"string\"."):format(
      format.quantity(#text, "byte"))
  end,
  boolean = function()
    return "a boolean: and, or, not, and in conditions, where only false and nil count as false."
  end,
  table = function(t)
    local others = -rawlen(t)
    for _ in next, t do
      others = others + 1
    end
    return ("a table: %d values in order, %d under other keys. t[key] or t.name reads and writes; "
      .. "#t, ipairs(t) and pairs(t) go through it; pg.array(t) makes an array of nested rows: "
      .. "help \"table\" for Lua's library."):format(rawlen(t), math.max(others, 0))
  end,
  thread = function()
    return "a coroutine: help \"coroutine\"."
  end,
  userdata = function(value)
    return io.type(value) and "a file: f:read(), f:lines(), f:write(...), f:close(): "
      .. "help \"io\"." or "a value made in C, without a description here."
  end,
}

--- The description of a public function or of a callable table; nil for other values.
---@param value any
---@return table?
function values.entry_of(value)
  if type(value) == "function" then
    return entry_of(value)
  end
  local metatable = type(value) == "table" and getmetatable(value)
  local call = type(metatable) == "table" and rawget(metatable, "__call")
  return type(call) == "function" and entry_of(call) or nil
end

--- The page about a module; nil for any other table.
local function module_page(t)
  if rawequal(t, package.loaded.perigee) then
    return page.of_class(entries.class "pg")
  end
  for _, class in ipairs(entries.classes()) do
    if class.is_module and rawequal(t, package.loaded["perigee." .. class.name]) then
      return page.of_class(class)
    end
  end
  for name, module in pairs(package.loaded) do
    if rawequal(module, t) then
      local found = page.of_manual(name)
      if found then
        return found
      end
    end
  end
end

--- The page about a value.
---@param value any
---@param name? string  of the value
---@return perigee.help.page
function values.page(value, name)
  local entry, kind = values.entry_of(value), type(value)
  if entry then
    return page.of_entry(entry)
  elseif kind == "function" then
    return function_page(value, name)
  end
  local class = (kind == "table" or kind == "userdata") and class_of(value)
  if class then
    return page.of_class(class, ABOUT[class.name] and ABOUT[class.name](value))
  end
  local module = kind == "table" and module_page(value)
  if module then
    return module
  end
  local self = page.new()
  self:prose((SENTENCES[kind](value)))
  return self
end

return values
