--- Local variables of chunks that outlive their chunk.
--
-- Lua ends a local with its chunk. Here a chunk also returns a closure over the locals in scope at
-- its end, which keeps them alive. The next chunk is compiled behind declarations of those names,
-- and its upvalues are joined to the closure's: all functions that refer to them share the same
-- variables. A mark precedes the closure, because a chunk may also end at an earlier `return`.

local MARK = {}
local MARK_NAME = "_PERIGEE_LOCALS"

---@class perigee.repl.variable
---@field holder function  a closure whose first upvalue is the variable
---@field is_constant boolean  declared as <const>

---@class perigee.repl.scope
---@field variables table<string, perigee.repl.variable>  by name
local Scope = {}
Scope.__index = Scope

local scope = {}

---@return perigee.repl.scope
function scope.new()
  return setmetatable({ variables = {} }, Scope)
end

--- The values of all variables by name.
---@return table<string, any>
function Scope:values()
  local values = {}
  for name, variable in pairs(self.variables) do
    local _, value = debug.getupvalue(variable.holder, 1)
    values[name] = value
  end
  return values
end

--- Loads a chunk within the scope.
---@param text string
---@param chunkname string  as in `load`
---@return function? run
---@return string? message  a syntax error
function Scope:load(text, chunkname)
  local declarations, seen = {}, {}
  for name in text:gmatch "[%a_][%w_]*" do
    local variable = self.variables[name]
    if variable and not seen[name] then
      seen[name] = true
      declarations[#declarations + 1] = ("local %s%s "):format(name,
        variable.is_constant and " <const>" or "")
    end
  end
  local outer, message = load(("local %s = ... %sreturn function(...) %s\nend"):format(MARK_NAME,
    table.concat(declarations), text), chunkname, "t")
  if not outer then
    return nil, message
  end
  local run = outer(MARK)
  for i = 1, math.huge do
    local name = debug.getupvalue(run, i)
    if not name then
      return run
    elseif self.variables[name] then
      debug.upvaluejoin(run, i, self.variables[name].holder, 1)
    end
  end
end

--- The names of the visible variables that outlive a chunk, and those declared as <const>.
local function lasting_names(visible)
  local attributes, names, constants = {}, {}, {}
  for _, variable in ipairs(visible) do
    attributes[variable.name] = variable.attribute or "none"
  end
  attributes._ENV = nil
  for name, attribute in pairs(attributes) do
    if attribute ~= "close" then -- such a variable is closed at the end of its chunk
      names[#names + 1] = name
      constants[name] = attribute == "const"
    end
  end
  return names, constants
end

--- Adds the variables that a closure holds to the scope. Each gets a closure of its own, so that
--- the collector can free it alone.
local function add_variables(self, holder, names, constants)
  local index = {}
  for i = 1, debug.getinfo(holder, "u").nups do
    index[debug.getupvalue(holder, i)] = i
  end
  local values = table.pack(holder())
  for i, name in ipairs(names) do
    local value = values[i]
    local function own()
      return value
    end
    if index[name] then -- Lua compiles a constant into the closure, without an upvalue
      debug.upvaluejoin(own, 1, holder, index[name])
    end
    self.variables[name] = { holder = own, is_constant = constants[name] }
  end
end

--- Loads a chunk of statements within the scope, and adds its locals to the scope when it has run.
---@param text string
---@param chunkname string  as in `load`
---@param scan perigee.repl.scan  of the text
---@return function? run
---@return string? message  a syntax error
---@return nil|fun(...): ... finish  takes what `run` returned and returns the chunk's own values
function Scope:load_statements(text, chunkname, scan)
  local names, constants = lasting_names(scan.visible)
  if names[1] then
    local holder = ("return %s, function() return %s end"):format(MARK_NAME,
      table.concat(names, ", "))
    local final = scan.tokens[scan.final_return]
    local next_token = final and scan.tokens[scan.final_return + 1]
    local has_values = next_token and next_token.text ~= ";"
    local run = self:load(final and text:sub(1, final.first - 1) .. holder
      .. (has_values and ", " or " ") .. text:sub(final.last + 1)
      or text .. "\n" .. holder, chunkname)
    if run then -- it fails if a goto jumps over the locals
      return run, nil, function(...)
        local mark, closure = ...
        if not rawequal(mark, MARK) then
          return ...
        end
        add_variables(self, closure, names, constants)
        return select(3, ...)
      end
    end
  end
  local run, message = self:load(text, chunkname)
  return run, message, function(...) return ... end
end

return scope
