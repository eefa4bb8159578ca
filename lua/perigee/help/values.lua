--- What is known of a value: which public function it is, or of which class; and the page about it.

local core = require "perigee.core"
local format = require "perigee.util.format"
local entries = require "perigee.help.entries"
local scalars = require "perigee.repl.pretty.scalars"
local lua_manual = require "perigee.help.lua_manual"
local doc_comment = require "perigee.help.doc_comment"
local page = require "perigee.help.page"
local public = require "perigee.util.public"

local values = {}

-- --- functions --------------------------------------------------------------------

--- The methods of a class made in C.
local function methods_of(class)
  local metatable = debug.getregistry()[class.written]
  return metatable and metatable.__methods
end

--- What is written of a function made in C.
local function entry_in_c(f)
  for _, class in ipairs(entries.classes()) do
    local functions = class.name == "pg" and core or class.written and methods_of(class)
    for _, entry in ipairs(type(functions) == "table" and entries.entries() or {}) do
      if entry.class == class.name and rawequal(functions[entry.name], f) then
        return entry
      end
    end
  end
  for name, each in pairs(core) do -- an array's method, as the module has it
    if rawequal(each, f) then
      return entries.find(name)[1]
    end
  end
end

--- What is written of a public function; nil for any other.
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

--- The name of a function that a global variable has, or the module.
local function global_name(f)
  for name, value in pairs(_G) do
    if rawequal(value, f) and type(name) == "string" then
      return name
    end
  end
end

--- A function that nothing is written of here: Lua's own, another library's, or the user's.
local function function_page(f, name)
  local info = debug.getinfo(f, "S")
  local of_lua = lua_manual.name_of(f)
  if of_lua then
    return page.of_manual(of_lua)
  end
  local self = page.new()
  name = name or global_name(f) or "function"
  if info.what == "C" then
    self:line(name, "title")
    self:line()
    self:prose "A function made in C, of which nothing is written here."
    return self
  end
  self:prose(doc_comment.signature(f, name), nil, "  ", "title")
  self:line()
  local comment, why = doc_comment.comment(f, entries.sources)
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

--- A method by which a value of a class made in Lua is known.
local KNOWN_BY = { model = "steps", study = "curves", table = "group", trial = "report" }

--- The class of a value; nil where it is none of Perigee's.
local function class_of(value)
  local metatable = getmetatable(value)
  if type(metatable) ~= "table" then
    return nil
  end
  for _, class in ipairs(entries.classes()) do
    if class.written and rawequal(debug.getregistry()[class.written], metatable) then
      return class
    end
    local known_by = KNOWN_BY[class.name]
    local worked, method = scalars.protect(function() return known_by and value[known_by] end)
    local entry = worked and type(method) == "function" and entry_of(method)
    if entry and entry.class == class.name then
      return class
    end
  end
end

--- A line about a value itself.
local ABOUT = {
  array = function(a)
    local known, line = scalars.protect(function()
      return ("an array: %s %s, %d elements"):format(a.dtype, a.shape,
        a.size)
    end)
    return known and line or "an array that was freed"
  end,
  archive = function(archive)
    local known, line = scalars.protect(function()
      return ("an archive: %s, with %s"):format(archive:path(),
        table.concat(archive:keys(), ", "))
    end)
    return known and line or "an archive that was closed"
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

local function value_page(class, value)
  return page.of_class(class, ABOUT[class.name] and ABOUT[class.name](value))
end

--- How many values a table has at positions, and how many under other keys.
local function table_words(t)
  local others = -rawlen(t)
  for _ in next, t do
    others = others + 1
  end
  return ("a table: %d values in order, %d under other keys"):format(rawlen(t),
    math.max(others, 0))
end

local WORDS = {
  number = function(x)
    return ("a number, %s. With + - * / // %% ^ and Lua's math library; where an array is "
      .. "expected, it serves as one: help \"math\", help \"arrays\"."):format(
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
    return table_words(t) .. ". t[key] or t.name reads and writes; #t, ipairs(t) and pairs(t) go "
      .. "through it; pg.array(t) makes an array of nested rows: help \"table\" for Lua's library."
  end,
  thread = function()
    return "a coroutine: help \"coroutine\"."
  end,
  userdata = function(value)
    return io.type(value) and "a file: f:read(), f:lines(), f:write(...), f:close(): "
      .. "help \"io\"." or "a value made in C, of which nothing is written here."
  end,
}

local function words_page(value)
  local self = page.new()
  self:prose((WORDS[type(value)](value)))
  return self
end

--- What is written of a function, or of a table that can be called; nil where that is nothing.
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
  elseif rawequal(t, package.loaded["perigee.sweep"]) then
    return page.of_class(entries.class "sweep")
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
---@param name? string  what it is known as
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
    return value_page(class, value)
  end
  return kind == "table" and module_page(value) or words_page(value)
end

return values
