--- What help shows about a value, or a name.

local collections = require "perigee.util.collections"
local synonyms = require "perigee.util.synonyms"
local help = require "perigee.help.entries"
local scalars = require "perigee.repl.pretty.scalars"
local lua_manual = require "perigee.help.lua_manual"
local page = require "perigee.help.page"
local suggest = require "perigee.util.suggest"
local printable = require "perigee.util.printable"
local overview = require "perigee.help.overview"
local topics = require "perigee.help.topics"
local values = require "perigee.help.values"

--- Adds "also: ..." for what else the name of these functions, but for the first, may mean.
local function add_also(self, entries, name)
  local others = {}
  for i = 2, #entries do
    others[i - 1] = ("%s: help \"%s\""):format(help.name(entries[i]), help.name(entries[i]))
  end
  local class = help.class(name:lower())
  if class then
    others[#others + 1] = ("%s: help \"%s\""):format(class.title, class.several)
  end
  local variable = rawget(_G, name)
  if variable ~= nil and values.entry_of(variable) ~= entries[1] then
    local whose = lua_manual.find(name) and "Lua's" or "the variable"
    others[#others + 1] = ("%s %s: help(%s)"):format(whose, name, name)
  end
  if #others > 0 then
    self:line()
    self:prose("also: " .. table.concat(others, "; "), nil, "  ")
  end
  return self
end

local function by_function(name)
  local entries = help.find(name)
  return #entries > 0 and add_also(page.of_entry(entries[1]), entries, name) or nil
end

--- "arrays", "array", "models": a class.
local function by_class(name)
  name = name:gsub("^perigee%.", "")
  for _, class in ipairs(help.classes()) do
    if name == class.several or name == class.name or name == class.written
      or name == class.variable and #name > 1 then
      return page.of_class(class)
    end
  end
end

local function by_field(name)
  local before, short = name:match "^(.-)[.:]?([%w_]+)$"
  local rows = {}
  for _, class in ipairs(help.classes()) do
    local is_meant = before == "" or before == class.variable or before == class.name
    for _, member in ipairs(is_meant and help.members(class.name) or {}) do
      if member.kind == "field" and member.name == short then
        rows[#rows + 1] = ("%s.%s: %s%s (a field of %s)"):format(class.variable, short,
          member.type:gsub("perigee%.", ""), member.text ~= "" and ", " .. member.text or "",
          class.title)
      end
    end
  end
  if #rows == 0 then
    return nil
  end
  local self = page.new()
  for _, row in ipairs(rows) do
    self:prose(row, nil, "    ")
  end
  return self
end

local function by_option(name)
  local entries, told = help.find_option(name)
  if #entries == 0 then
    return nil
  end
  local self, names = page.new(), {}
  self:prose(told.text, nil, "  ", "title")
  self:line()
  for i, entry in ipairs(entries) do
    names[i] = help.name(entry)
  end
  self:prose(("an option of %s."):format(table.concat(names, ", ")))
  self:line()
  for _, line in ipairs(page.of_entry(entries[1])) do
    self:line(line.text, line.style)
  end
  return self
end

--- "learning_rate", "early_stopping": an option as other libraries call it.
local function by_other_name(name)
  local other = synonyms.options[name]
  return other and by_option(other)
end

--- "indexing": a word that several functions have to do with, or none.
local function by_topic(name)
  local word = name:lower()
  for _, topic in ipairs(topics) do
    if collections.contains(topic.words, word) then
      local self, others = page.new(), by_field(name)
      self:prose(topic.text)
      self:line()
      for _, line in ipairs(topic.example) do
        self:line("    " .. line)
      end
      self:line()
      self:prose('see: help "' .. table.concat(topic.see, '", "') .. '"')
      for _, line in ipairs(others or {}) do
        self:line("also: " .. line.text)
      end
      return self
    end
  end
end

--- A value that a global variable has, or that is reached from one: "f", "string.format", "m.fit".
local function by_global(name)
  if not name:find "^[%a_]" then
    return nil
  end
  local value = _G
  for part in name:gmatch "[^.:]+" do
    local worked, inner = scalars.protect(function() return value[part] end)
    if not worked or inner == nil then
      return nil
    end
    value = inner
  end
  return values.page(value, name)
end

--- The message about a name that means nothing here.
local function unknown(name)
  local known, short = {}, name:match "([%w_]+)$" or name
  for _, entry in ipairs(help.entries()) do
    known[#known + 1] = entry.name
  end
  for _, class in ipairs(help.classes()) do
    known[#known + 1] = class.several
  end
  for _, topic in ipairs(topics) do
    table.move(topic.words, 1, #topic.words, #known + 1, known)
  end
  for global in next, _G do
    known[#known + 1] = type(global) == "string" and global or nil
  end
  local other = synonyms.functions[short]
  local suggestion = other and #help.find(other) > 0 and ("; did you mean '%s'?"):format(other)
    or suggest.suggestion(short, known)
  return ("help: there is no '%s'%s"):format(printable.name(name),
    suggestion ~= "" and suggestion or '; help "all" lists all names')
end

--- "math.exp" is Lua's, and not an array's.
local function by_library(name)
  return name:find "%w[.:]%w" and page.of_manual(name) or nil
end

--- Ways to take a name, the likeliest first.
local WAYS = {
  by_library, by_topic, by_function, by_global, by_class, by_field, by_option, by_other_name,
  page.of_manual,
}

local LONGEST = 100 -- bytes of a name: what is longer is none

local function by_name(name)
  if #name > LONGEST then
    return nil, ("help: a name is needed, not a text of %d bytes"):format(#name)
  end
  name = name:match "^%s*(.-)[%s()]*$"
  if name == "" then
    return overview.way_in()
  elseif name == "all" then
    return overview.names()
  end
  local key = name:gsub("%s+", "_") -- of several words: "early stopping"
  for _, way in ipairs(WAYS) do
    local found = way(key)
    if found then
      return found
    end
  end
  return nil, unknown(name)
end

--- The page about something.
---@param what? any  a value, or a name; without any, the way in
---@return perigee.help.page?
---@return string?  # why there is none
return function(what)
  if what == nil then
    return overview.way_in()
  elseif type(what) == "string" then
    return by_name(what)
  end
  local entry = type(what) == "table" and values.entry_of(what)
  if entry then
    return add_also(page.of_entry(entry), { entry }, entry.name)
  end
  return values.page(what)
end
