--- The values of chains at a prompt, so far as they can be told without running a call.
--
-- What is known of a chain is its value, or the class that the descriptions tell of it:
-- `pg.zeros(3):exp()` is an array, whatever is in it.

local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local classes = require "perigee.repl.introspect.classes"
local signatures = require "perigee.repl.introspect.signatures"
local locals = require "perigee.repl.syntax.locals"
local cursor_context = require "perigee.repl.syntax.cursor_context"

local resolve = {}

local MOST_DEPTH = 150 -- of chains, and of locals that stand for each other

---@class perigee.repl.visible
---@field globals table
---@field locals? table<string, any>  those of the prompt that last
---@field modules? string[]  names that can be required, beside those that are found

---@class perigee.repl.context
---@field scope perigee.repl.visible
---@field scan perigee.repl.scan  the locals that the text declares

---@class perigee.repl.known
---@field value? any
---@field class? string  where there is no value

-- --- one value --------------------------------------------------------------------

local function get(value, key)
  return value[key]
end

--- What `value[key]` gives, which may be the user's function's affair; nil where that raises.
local function index(value, key)
  local worked, found = pcall(get, value, key)
  if worked then
    return found
  elseif errors.is_interrupt(found) then
    error(found, 0)
  end
end

--- The class of ours that a chain's value is of.
---@param known? perigee.repl.known
---@return string?
function resolve.class(known)
  return known and (known.class or classes.of(known.value))
end

-- --- chains -----------------------------------------------------------------------

local evaluate

local function function_of_module(value)
  local names = classes.metafield(rawget(package.loaded, "perigee"), "__index")
  for name, each in next, type(names) == "table" and names or {} do
    if rawequal(each, value) then
      return signatures.entry("pg", name) or signatures.entry("array", name)
    end
  end
end

--- The description of what is called, and how many of its parameters stand before those that are
--- described: `pg.astype(a, "float32")` has the array there.
local function entry_of(callee, context, depth, before)
  local owner = callee.kind == "index" and evaluate(callee.base, context, depth, before)
  local class = owner and (resolve.class(owner) or classes.module(owner.value))
  local entry
  if class then
    entry = signatures.entry(class, callee.key)
      or class == "pg" and signatures.entry("array", callee.key)
  elseif callee.kind == "name" and callee.name == "help" then
    entry = signatures.entry("pg", "help")
  else
    local known = evaluate(callee, context, depth, before)
    entry = known and known.value ~= nil and function_of_module(known.value)
  end
  if not entry then
    return nil
  end
  return entry, signatures.is_method(entry) and not callee.method and 1 or 0, owner or nil
end

--- The value that a local was given where it was declared.
local function value_of_local(found, context, depth)
  local node = found.from and cursor_context.expression(context.scan.tokens, found.from)
  if node then
    return evaluate(node, context, depth, found.at)
  end
end

local FOLLOW = {}

function FOLLOW.name(node, context, depth, before)
  local found = locals.find(context.scan, node.name, before or node.at)
  if found then
    return value_of_local(found, context, depth)
  end
  local value = rawget(context.scope.locals or {}, node.name)
  if value == nil then
    value = index(context.scope.globals, node.name)
  end
  return { value = value }
end

function FOLLOW.text(node)
  return { value = node.value }
end

--- An archive's array is not read to tell what it is.
local function member_class(class, value, key)
  if class ~= "archive" or signatures.entry(class, key) then
    return signatures.field_class(class, key)
  end
  return (value == nil or collections.contains(classes.told_names(value), key)) and "array" or nil
end

function FOLLOW.index(node, context, depth, before)
  local base = evaluate(node.base, context, depth, before)
  local class = resolve.class(base)
  local found = class and member_class(class, base.value, node.key)
  if found or not base or base.value == nil then
    return found and { class = found }
  end
  return { value = index(base.value, node.key) }
end

function FOLLOW.call(node, context, depth, before)
  if node.base.kind == "name" and node.base.name == "require" and node.argument then
    return { value = rawget(package.loaded, node.argument) }
  end
  local entry = entry_of(node.base, context, depth, before)
  return entry and { class = signatures.result_class(entry) }
end

function evaluate(node, context, depth, before)
  if node and depth < MOST_DEPTH then
    return FOLLOW[node.kind](node, context, depth + 1, before) or nil
  end
end

--- The description of what is called; how many of its arguments come before those that are
--- described; and what is known of what it is called on.
---@param callee perigee.repl.chain
---@param context perigee.repl.context
---@return table? entry
---@return integer? before
---@return perigee.repl.known? owner
function resolve.entry(callee, context)
  return entry_of(callee, context, 0)
end

--- What is known of a chain; nil where that is nothing.
---@param node? perigee.repl.chain
---@param context perigee.repl.context
---@return perigee.repl.known?
function resolve.known(node, context)
  local known = evaluate(node, context, 0)
  return known and (known.value ~= nil or known.class) and known or nil
end

return resolve
