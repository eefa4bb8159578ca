--- The members of a value: keys, names that it lists itself, and those in the reference.

local classes = require "perigee.repl.introspect.classes"
local lexer = require "perigee.repl.syntax.lexer"
local printable = require "perigee.util.printable"
local resolve = require "perigee.repl.introspect.resolve"
local signatures = require "perigee.repl.introspect.signatures"

local members = {}

local MOST_DEPTH = 50 -- of chains of __index

--- Tells if a name is offered: those that begin with __ only after an underscore.
local function is_offered(name, found)
  return name:sub(1, 2) ~= "__" or found.prefix:sub(1, 1) == "_"
end

--- Adds listed names that pass the test.
local function add_listed(names, found, passes, only_methods)
  for _, each in ipairs(names) do
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

--- Adds the keys of a value, and of the tables that its __index leads to, that pass the test.
local function add_keys(value, found, passes)
  local depth, seen = 0, {}
  while value ~= nil and not seen[value] and depth < MOST_DEPTH do
    seen[value], depth = true, depth + 1
    for key, each in next, type(value) == "table" and value or {} do
      if found:is_full() then
        return
      elseif type(key) == "string" and passes(key, each) then
        found:add(key)
      end
    end
    local index = classes.metafield(value, "__index")
    value = type(index) == "table" and index or nil
  end
end

--- Adds the names that can follow a dot or colon.
---@param resolved perigee.repl.resolved
---@param found perigee.repl.candidates
---@param is_call boolean  true after a colon: only what can be called
function members.add(resolved, found, is_call)
  local function passes(name)
    return name:find "^[A-Za-z_][A-Za-z0-9_]*$" and not lexer.IS_KEYWORD[name]
      and is_offered(name, found)
  end
  local value, class = resolved.value, resolve.class(resolved)
  if class then
    add_listed(signatures.members(class), found, passes, is_call)
  end
  if value == nil then
    return
  end
  add_listed(classes.listed_names(value), found, passes, is_call)
  if not class then
    add_keys(value, found, function(name, each)
      -- The library's objects have a __call that only raises a message.
      local is_callable = type(each) == "function"
        or not classes.of(each) and classes.metafield(each, "__call") ~= nil
      return passes(name) and (not is_call or is_callable)
    end)
  end
end

--- Adds the strings that can stand in brackets.
---@param resolved perigee.repl.resolved
---@param found perigee.repl.candidates
function members.add_keys(resolved, found)
  local function passes(name)
    return not printable.has_control(name) and is_offered(name, found)
  end
  if resolved.value ~= nil then
    add_listed(classes.listed_names(resolved.value), found, passes, false)
    if not resolve.class(resolved) then
      add_keys(resolved.value, found, passes)
    end
  end
end

return members
