--- The local variables that a text declares, and those in scope at its end.

local lexer = require "perigee.repl.syntax.lexer"

local is = lexer.is

---@class perigee.repl.local
---@field name string
---@field at integer  the index of the token that declares it
---@field from? integer  the index of the token that its initial value begins with
---@field attribute? string  "const" or "close"

---@class perigee.repl.scan
---@field tokens perigee.repl.token[]
---@field visible perigee.repl.local[]  those in scope at the end; later ones shadow earlier ones
---@field names table<string, true>  the names of all, in scope or not
---@field returns integer  the number of `return` statements
---@field final_return? integer  the index of the `return` at the outermost level
---@field expects_name boolean  true if a new name must follow the tokens
---@field package marks integer[]  the number of visible variables at the start of each open block
---@field package loop? perigee.repl.local[]  the variables of a `for` whose block has not begun
local Scan = {}
Scan.__index = Scan

local locals = {}

--- Reads a list of names from the token at `i`; returns it and the index of the token after it.
function Scan:read_names(i)
  local names, tokens = {}, self.tokens
  while true do
    local token = tokens[i]
    if not token then
      self.expects_name = true
    elseif token.kind == "name" then
      names[#names + 1] = { name = token.text, at = i }
    end
    i = i + 1
    if is(tokens[i], "<") then
      if names[1] and tokens[i + 1] then
        names[#names].attribute = tokens[i + 1].text
      end
      i = i + 3
    end
    if not is(tokens[i], ",") then
      return names, i
    end
    i = i + 1
  end
end

function Scan:declare(names)
  for _, each in ipairs(names) do
    self.names[each.name] = true
  end
  table.move(names, 1, #names, #self.visible + 1, self.visible)
end

function Scan:open_block()
  self.marks[#self.marks + 1] = #self.visible
end

function Scan:close_block()
  local mark = table.remove(self.marks) or #self.visible
  for k = #self.visible, mark + 1, -1 do
    self.visible[k] = nil
  end
end

--- Handlers of keywords: each reads from the token after its keyword and returns where to go on.
local READ = {}

READ["local"] = function(self, i)
  local tokens = self.tokens
  if is(tokens[i], "function") then
    local name = tokens[i + 1]
    self.expects_name = name == nil
    if name and name.kind == "name" then
      self:declare { { name = name.text, at = i + 1 } }
    end
    return i
  end
  local names, after = self:read_names(i)
  if is(tokens[after], "=") and names[1] then
    names[1].from = after + 1
  end
  self:declare(names)
  return after
end

READ["function"] = function(self, i)
  local tokens, has_self = self.tokens, false
  while tokens[i] and not is(tokens[i], "(") do
    if tokens[i].kind ~= "name" and not is(tokens[i], ".") and not is(tokens[i], ":") then
      return i -- not valid Lua
    end
    has_self = has_self or is(tokens[i], ":")
    i = i + 1
  end
  self:open_block()
  if has_self then
    self:declare { { name = "self", at = i } }
  end
  if tokens[i] and not is(tokens[i + 1], ")") then
    local parameters
    parameters, i = self:read_names(i + 1)
    self:declare(parameters)
    return i
  end
  return i + 1
end

READ["for"] = function(self, i)
  self.loop, i = self:read_names(i)
  return i
end

READ["do"] = function(self, i)
  self:open_block()
  self:declare(self.loop or {})
  self.loop = nil
  return i
end

READ["return"] = function(self, i)
  self.returns = self.returns + 1
  if #self.marks == 0 then
    self.final_return = i - 1
  end
  return i
end

local function opens(self, i)
  self:open_block()
  return i
end

local function closes(self, i)
  self:close_block()
  return i
end

READ["then"], READ["repeat"] = opens, opens
READ["end"], READ["until"], READ["elseif"] = closes, closes, closes

READ["else"] = function(self, i)
  self:close_block()
  self:open_block()
  return i
end

--- Scans all tokens of a text.
---@param tokens perigee.repl.token[]
---@return perigee.repl.scan
function locals.scan(tokens)
  local self = setmetatable({
    tokens = tokens, visible = {}, names = {}, marks = {}, returns = 0, expects_name = false,
  }, Scan)
  local i = 1
  while i <= #tokens do
    local read = tokens[i].kind == "keyword" and READ[tokens[i].text]
    i = read and read(self, i + 1) or i + 1
  end
  return self
end

--- The variable that a name refers to at a token.
---@param scan perigee.repl.scan
---@param name string
---@param before integer  the token's index
---@return perigee.repl.local?
function locals.find(scan, name, before)
  for k = #scan.visible, 1, -1 do
    local each = scan.visible[k]
    if each.name == name and each.at < before then
      return each
    end
  end
end

return locals
