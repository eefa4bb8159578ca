--- The local variables that a chunk declares, as far as they are in scope where it ends.

local cursor_context = require "perigee.repl.syntax.cursor_context"

local is = cursor_context.is

---@class perigee.repl.local
---@field name string
---@field at integer  the token that declares it
---@field from? integer  the token that its value begins with, where it is given one

---@class perigee.repl.scan
---@field tokens perigee.repl.token[]
---@field visible perigee.repl.local[]  the later ones hide the earlier
---@field names table<string, true>  of all, visible or not
---@field marks integer[]  how many were visible where each open block began
---@field loop? perigee.repl.local[]  a for's, until its block begins
---@field expects_name boolean  the tokens end where a new name has to stand
local Scan = {}
Scan.__index = Scan

local locals = {}

--- Reads names with commas between them, from the token at `i`: the names, and the token after.
function Scan:read_names(i)
  local names, tokens = {}, self.tokens
  repeat
    local token = tokens[i]
    if not token then
      self.expects_name = true
    elseif token.kind == "name" then
      names[#names + 1] = { name = token.text, at = i }
    end
    i = i + 1
    if is(tokens[i], "<") then -- <const>, <close>
      i = i + 3
    end
    local goes_on = is(tokens[i], ",")
    i = goes_on and i + 1 or i
  until not goes_on
  return names, i
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

--- A function's name and parameters, from the token after `function`.
function Scan:read_function(i)
  local tokens, has_self = self.tokens, false
  while tokens[i] and not is(tokens[i], "(") do
    if tokens[i].kind ~= "name" and not is(tokens[i], ".") and not is(tokens[i], ":") then
      return i -- no function after all
    end
    has_self = has_self or is(tokens[i], ":")
    i = i + 1
  end
  self:open_block()
  if has_self then
    self:declare { { name = "self", at = i } }
  end
  if tokens[i] and not is(tokens[i + 1], ")") then
    local names
    names, i = self:read_names(i + 1)
    self:declare(names)
    return i
  end
  return i + 1
end

function Scan:read_local(i)
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

--- What each keyword does, from the token after it; returns where to go on.
local READ = {}

READ["local"] = Scan.read_local
READ["function"] = Scan.read_function

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

--- Looks through all tokens.
---@param tokens perigee.repl.token[]
---@return perigee.repl.scan
function locals.scan(tokens)
  local self = setmetatable({
    tokens = tokens, visible = {}, names = {}, marks = {}, expects_name = false,
  }, Scan)
  local i = 1
  while i <= #tokens do
    local read = tokens[i].kind == "keyword" and READ[tokens[i].text]
    i = read and read(self, i + 1) or i + 1
  end
  return self
end

--- The local variable of a name that is declared before a token.
---@param scan perigee.repl.scan
---@param name string
---@param before integer
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
