--- The table that who() prints: variables, their values in short, their memory.

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local escape = require "perigee.repl.pretty.escape"
local printer = require "perigee.repl.pretty.printer"
local terminal = require "perigee.util.terminal"
local types = require "perigee.util.types"

local whos = {}

local WIDTH = 80 -- columns, if the terminal does not tell
local LONGEST_NAME = 60 -- bytes
local MOST = 10000 -- entries that are visited to sum up the memory of one value
local STANDARD = collections.set {
  "_G", "_VERSION", "_", "arg", "assert", "collectgarbage", "coroutine", "debug", "dofile", "error",
  "getmetatable", "io", "ipairs", "load", "loadfile", "math", "next", "os", "package", "pairs",
  "pcall", "print", "rawequal", "rawget", "rawlen", "rawset", "require", "select", "setmetatable",
  "string", "table", "tonumber", "tostring", "type", "utf8", "warn", "xpcall",
}

--- The bytes of the arrays and strings in a value, each counted once.
local function bytes_of(value, seen, visited)
  local is_array = types.is_array(value)
  if seen[value] or not (is_array or type(value) == "string" or type(value) == "table") then
    return 0
  end
  seen[value] = true
  if is_array then
    local alive, dtype, size = pcall(function() return value.dtype, value.size end)
    local bits = alive and dtype:match "%d+$"
    return alive and size * (bits and bits // 8 or 1) or 0 -- a freed array has none
  elseif type(value) == "string" then
    return #value
  end
  local bytes = 0
  for _, each in next, value do
    visited.count = visited.count + 1
    if visited.count > MOST then
      break
    end
    bytes = bytes + bytes_of(each, seen, visited)
  end
  return bytes
end

local UNITS = { { 1e9, "GB" }, { 1e6, "MB" }, { 1e3, "kB" } }

--- "47.0 MB"; "" for none
local function memory(bytes)
  for _, unit in ipairs(UNITS) do
    local from, name = table.unpack(unit)
    if bytes >= from then
      return c_locale.format("%.1f %s", bytes / from, name)
    end
  end
  return bytes > 0 and bytes .. " B" or ""
end

--- A text of at most so many characters: its start and its end, because a path ends with its name.
local function shortened(text, width)
  local length = utf8.len(text)
  if not length or length <= width then
    return text
  end
  local tail = width // 2
  return text:sub(1, utf8.offset(text, width - tail) - 1) .. "…"
    .. text:sub(utf8.offset(text, -tail))
end

--- A value in one line: an array as its dtype and shape, others as they print, tables closed.
local function summary(value, width)
  if types.is_array(value) and pcall(function() return value.ndim end) then
    return shortened(("%s %s"):format(value.dtype, value.shape), width)
  end
  return shortened(printer.text(value, width, nil, 1):match "^[^\n]*", width)
end

---@param scope perigee.repl.scope
---@param own table<string, any>  the globals that the prompt defined
---@return string
function whos.text(scope, own)
  local values = {}
  for name, value in next, _G do
    if type(name) == "string" and not STANDARD[name] and not rawequal(own[name], value) then
      values[name] = value
    end
  end
  local locals = scope:values()
  for name in pairs(scope.variables) do
    values[name] = locals[name]
  end
  local names = collections.sorted_keys(values)
  if #names == 0 then
    return "nothing was defined yet"
  end

  local shown, longest = {}, 4
  for i, name in ipairs(names) do
    shown[i] = escape.first_line(name, LONGEST_NAME)
    longest = math.max(longest, escape.width(shown[i]))
  end
  local middle = math.max(20, (terminal.size(1) or WIDTH) - longest - 13)
  local lines = {}
  for i, name in ipairs(names) do
    local text = summary(values[name], middle)
    lines[i] = ("%s%s  %s%s %9s"):format(shown[i], (" "):rep(longest - escape.width(shown[i])),
      text, (" "):rep(middle - escape.width(text)),
      memory(bytes_of(values[name], {}, { count = 0 })))
  end
  return table.concat(lines, "\n")
end

return whos
