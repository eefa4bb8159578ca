--- The value of an expression, or its class, so far as they can be told without running a call.
--
-- The reference tells the class of a call's result: `pg.zeros(3):exp()` is an array.

local classes = require "perigee.repl.introspect.classes"
local collections = require "perigee.util.collections"
local errors = require "perigee.util.errors"
local expression = require "perigee.repl.syntax.expression"
local locals = require "perigee.repl.syntax.locals"
local signatures = require "perigee.repl.introspect.signatures"

local resolve = {}

local MOST_DEPTH = 150 -- of expressions, and of locals that stand for each other

---@class perigee.repl.visible
---@field globals table
---@field locals? table<string, any>  values of the prompt's locals
---@field modules? string[]  names that `require` knows, besides those that are found

---@class perigee.repl.context
---@field visible perigee.repl.visible
---@field scan perigee.repl.scan  the locals that the text declares

---@class perigee.repl.resolved
---@field value? any
---@field class? string  if the value is not known

--- The value of `value[key]`, which may run the user's __index; nil if that raises an error.
local function index(value, key)
  local worked, found = errors.pcall(function() return value[key] end)
  if worked then
    return found
  end
end

--- The library's class of a resolved expression.
---@param resolved? perigee.repl.resolved
---@return string?
function resolve.class(resolved)
  return resolved and (resolved.class or classes.of(resolved.value))
end

local evaluate

--- The entry of a function of `pg`, by its value.
local function entry_of_value(value)
  local functions = classes.metafield(rawget(package.loaded, "perigee"), "__index")
  for name, each in next, type(functions) == "table" and functions or {} do
    if rawequal(each, value) then
      return signatures.entry("pg", name) or signatures.entry("array", name)
    end
  end
end

--- The entry of a callee, the number of arguments before its parameters, and its owner. An array
--- precedes the parameters of `pg.astype(a, "float32")`.
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
    local resolved = evaluate(callee, context, depth, before)
    entry = resolved and resolved.value ~= nil and entry_of_value(resolved.value)
  end
  if not entry then
    return nil
  end
  return entry, signatures.is_method(entry) and not callee.method and 1 or 0, owner or nil
end

--- Resolvers by the kind of an expression. Locals are looked up before the token at `before`, or at
--- the expression itself.
local RESOLVE = {}

function RESOLVE.name(node, context, depth, before)
  local variable = locals.find(context.scan, node.name, before or node.at)
  if variable then
    local initial = variable.from
      and expression.starting_at(context.scan.tokens, variable.from)
    return initial and evaluate(initial, context, depth, variable.at)
  end
  local value = rawget(context.visible.locals or {}, node.name)
  if value == nil then
    value = index(context.visible.globals, node.name)
  end
  return { value = value }
end

function RESOLVE.string(node)
  return { value = node.value }
end

function RESOLVE.index(node, context, depth, before)
  local base = evaluate(node.base, context, depth, before)
  local class = resolve.class(base)
  if class == "archive" and not signatures.entry(class, node.key) then
    -- An archive's arrays are not read from the file to find out that they are arrays.
    local value = base.value
    if value == nil or collections.contains(classes.listed_names(value), node.key) then
      return { class = "array" }
    end
  elseif class == "csv" and base.value ~= nil and not signatures.entry(class, node.key) then
    return { value = base.value[node.key] } -- reads no file
  elseif class then
    local field_class = signatures.field_class(class, node.key)
    if field_class then
      return { class = field_class }
    end
  end
  return base and base.value ~= nil and { value = index(base.value, node.key) }
end

function RESOLVE.call(node, context, depth, before)
  if node.base.kind == "name" and node.base.name == "require" and node.argument then
    return { value = rawget(package.loaded, node.argument) }
  end
  local entry = entry_of(node.base, context, depth, before)
  return entry and { class = signatures.result_class(entry) }
end

function evaluate(node, context, depth, before)
  if node and depth < MOST_DEPTH then
    return RESOLVE[node.kind](node, context, depth + 1, before) or nil
  end
end

--- The reference's entry of a callee.
---@param callee perigee.repl.expression
---@param context perigee.repl.context
---@return table? entry
---@return integer? before  the number of arguments before its parameters
---@return perigee.repl.resolved? owner  the object that it is called on
function resolve.entry(callee, context)
  return entry_of(callee, context, 0)
end

--- The value or the class of an expression; nil if neither is known.
---@param node? perigee.repl.expression
---@param context perigee.repl.context
---@return perigee.repl.resolved?
function resolve.expression(node, context)
  local resolved = evaluate(node, context, 0)
  return resolved and (resolved.value ~= nil or resolved.class) and resolved or nil
end

return resolve
