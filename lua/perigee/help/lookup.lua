--- Finds the page of help about a value or a name.

local collections = require "perigee.util.collections"
local entries = require "perigee.help.entries"
local errors = require "perigee.util.errors"
local lua_manual = require "perigee.help.lua_manual"
local overview = require "perigee.help.overview"
local page = require "perigee.help.page"
local printable = require "perigee.util.printable"
local suggest = require "perigee.util.suggest"
local synonyms = require "perigee.util.synonyms"
local topics = require "perigee.help.topics"
local values = require "perigee.help.values"

--- Adds a line "also: ..." with the other meanings of a name: functions, a class, a variable.
local function add_also(self, found, name)
  local others = {}
  for i = 2, #found do
    others[i - 1] = ("%s: help \"%s\""):format(entries.name(found[i]), entries.name(found[i]))
  end
  local class = entries.class(name:lower())
  if class then
    others[#others + 1] = ("%s: help \"%s\""):format(class.title, class.several)
  end
  local variable = rawget(_G, name)
  if variable ~= nil and values.entry_of(variable) ~= found[1] then
    local whose = lua_manual.find(name) and "Lua's" or "the variable"
    others[#others + 1] = ("%s %s: help(%s)"):format(whose, name, name)
  end
  if #others > 0 then
    self:line()
    self:prose("also: " .. table.concat(others, "; "), nil, "  ")
  end
  return self
end

-- --- kinds of names ------------------------------------------------------------------
-- Each function returns a page, or nil for a name of another kind.

--- A name of a library of Lua: "math.exp" is not an array's.
local function by_library(name)
  return name:find "%w[.:]%w" and page.of_manual(name) or nil
end

--- A public function: "sort", "a:sort".
local function by_function(name)
  local found = entries.find(name)
  return #found > 0 and add_also(page.of_entry(found[1]), found, name) or nil
end

--- A class: "arrays", "array", "perigee.array", "data".
local function by_class(name)
  name = name:gsub("^perigee%.", "")
  for _, class in ipairs(entries.classes()) do
    if name == class.several or name == class.name or name == class.written
      or name == class.variable and #name > 1 then
      return page.of_class(class)
    end
  end
end

--- A field: "shape", "m.weights".
local function by_field(name)
  local before, short = name:match "^(.-)[.:]?([%w_]+)$"
  local self
  for _, class in ipairs(entries.classes()) do
    local is_meant = before == "" or before == class.variable or before == class.name
    for _, member in ipairs(is_meant and entries.members(class.name) or {}) do
      if member.kind == "field" and member.name == short then
        self = self or page.new()
        self:prose(("%s.%s: %s%s (a field of %s)"):format(class.variable, short,
          member.type:gsub("perigee%.", ""), member.text ~= "" and ", " .. member.text or "",
          class.title), nil, "    ")
      end
    end
  end
  return self
end

--- An option: "batch".
local function by_option(name)
  local owners, option = entries.find_option(name)
  if #owners == 0 then
    return nil
  end
  local self, names = page.new(), {}
  self:prose(option.text, nil, "  ", "title")
  self:line()
  for i, entry in ipairs(owners) do
    names[i] = entries.name(entry)
  end
  self:prose(("an option of %s."):format(table.concat(names, ", ")))
  self:line()
  for _, line in ipairs(page.of_entry(owners[1])) do
    self:line(line.text, line.style)
  end
  return self
end

--- An option by its name in another library: "learning_rate".
local function by_other_name(name)
  local own = synonyms.options[name]
  return own and by_option(own)
end

--- A topic: "indexing".
local function by_topic(name)
  for _, topic in ipairs(topics) do
    if collections.contains(topic.words, name:lower()) then
      local self = page.new()
      self:prose(topic.text)
      self:line()
      for _, line in ipairs(topic.example) do
        self:line("    " .. line)
      end
      self:line()
      self:prose('see: help "' .. table.concat(topic.see, '", "') .. '"')
      for _, line in ipairs(by_field(name) or {}) do
        self:line("also: " .. line.text)
      end
      return self
    end
  end
end

--- The value of a global variable, or one inside it: "f", "string.format", "m.fit".
local function by_global(name)
  if not name:find "^[%a_]" then
    return nil
  end
  local value = _G
  for part in name:gmatch "[^.:]+" do
    local worked, inner = errors.pcall(function() return value[part] end)
    if not worked or inner == nil then
      return nil
    end
    value = inner
  end
  return values.page(value, name)
end

--- Kinds of names, the likeliest first.
local KINDS = {
  by_library, by_topic, by_function, by_global, by_class, by_field, by_option, by_other_name,
  page.of_manual,
}

-- --- names -----------------------------------------------------------------------------

--- The message about an unknown name.
local function unknown(name)
  local known, short = {}, name:match "([%w_]+)$" or name
  for _, entry in ipairs(entries.entries()) do
    known[#known + 1] = entry.name
  end
  for _, class in ipairs(entries.classes()) do
    known[#known + 1] = class.several
  end
  for _, topic in ipairs(topics) do
    table.move(topic.words, 1, #topic.words, #known + 1, known)
  end
  for global in next, _G do
    known[#known + 1] = type(global) == "string" and global or nil
  end
  local own = synonyms.functions[short]
  local suggestion = own and #entries.find(own) > 0 and ("; did you mean '%s'?"):format(own)
    or suggest.suggestion(short, known)
  return ("help: there is no '%s'%s"):format(printable.name(name),
    suggestion ~= "" and suggestion or '; help "all" lists all names')
end

local LONGEST = 100 -- bytes of a name

local function by_name(name)
  if #name > LONGEST then
    return nil, ("help: a name is needed, not a text of %d bytes"):format(#name)
  end
  name = name:match "^%s*(.-)[%s()]*$"
  if name == "" then
    return overview.first_steps()
  elseif name == "all" then
    return overview.names()
  end
  local key = name:gsub("%s+", "_") -- "early stopping" is early_stopping
  for _, find in ipairs(KINDS) do
    local found = find(key)
    if found then
      return found
    end
  end
  return nil, unknown(name)
end

--- Finds the page about something.
---@param what? any  a value, or a name; nil for the overview
---@return perigee.help.page?
---@return string?  # the error message, where nil comes first
return function(what)
  if what == nil then
    return overview.first_steps()
  elseif type(what) == "string" then
    return by_name(what)
  end
  local entry = type(what) == "table" and values.entry_of(what)
  if entry then
    return add_also(page.of_entry(entry), { entry }, entry.name)
  end
  return values.page(what)
end
