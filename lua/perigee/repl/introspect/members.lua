--- The names that a value has: its keys, those that its __index leads to, what it tells itself, and
--- what is described of its class.

local classes = require "perigee.repl.introspect.classes"
local signatures = require "perigee.repl.introspect.signatures"
local lexer = require "perigee.repl.syntax.lexer"
local resolve = require "perigee.repl.introspect.resolve"
local printable = require "perigee.util.printable"

local members = {}

local MOST_DEPTH = 50 -- of chains of __index

local IS_KEYWORD = lexer.IS_KEYWORD

--- Whether a key can be written behind a dot.
local function is_name(key)
  return key:find "^[A-Za-z_][A-Za-z0-9_]*$" ~= nil and not IS_KEYWORD[key]
end

--- Ours with a __call have it for its message.
local function is_callable(value)
  return type(value) == "function"
    or not classes.of(value) and classes.metafield(value, "__call") ~= nil
end

--- Whether a name is one to be shown: metatables' own only where an underscore was typed.
local function is_shown(name, found)
  return name:sub(1, 2) ~= "__" or found.prefix:sub(1, 1) == "_"
end

--- Takes a table's keys that pass the test.
local function add_keys(t, found, passes)
  for key, value in next, t do
    if found:is_full() then
      return
    elseif type(key) == "string" and passes(key, value) then
      found:add(key)
    end
  end
end

--- Takes names that were told.
local function add_told(told, found, passes, only_methods)
  for _, each in ipairs(told) do
    local name, kind = each, "field"
    if type(each) == "table" then
      name, kind = each.name, each.kind
    end
    if found:is_full() then
      return
    elseif type(name) == "string" and passes(name) and (not only_methods or kind == "method") then
      found:add(name)
    end
  end
end

--- Takes the keys of a value, and of the tables that its __index leads to.
local function add_reflected(value, found, passes)
  local depth, seen = 0, {}
  while value ~= nil and not seen[value] and depth < MOST_DEPTH do
    seen[value], depth = true, depth + 1
    if type(value) == "table" then
      add_keys(value, found, passes)
    end
    local next_value = classes.metafield(value, "__index")
    value = type(next_value) == "table" and next_value or nil
  end
end

--- Takes the names that can stand behind a dot or colon.
---@param known perigee.repl.known
---@param found perigee.repl.candidates
---@param is_call boolean  after a colon: only what can be called
function members.add(known, found, is_call)
  local function passes(name)
    return is_name(name) and is_shown(name, found)
  end
  local class = resolve.class(known)
  if class then
    add_told(signatures.members(class), found, passes, is_call)
  end
  if known.value == nil then
    return
  end
  add_told(classes.told_names(known.value), found, passes, is_call)
  if not class then
    add_reflected(known.value, found, function(name, value)
      return passes(name) and (not is_call or is_callable(value))
    end)
  end
end

--- Takes the texts that can stand in brackets.
---@param known perigee.repl.known
---@param found perigee.repl.candidates
function members.add_keys(known, found)
  local function passes(name)
    return not printable.has_control(name) and is_shown(name, found)
  end
  if known.value ~= nil then
    add_told(classes.told_names(known.value), found, passes, false)
    if not resolve.class(known) then
      add_reflected(known.value, found, passes)
    end
  end
end

return members
