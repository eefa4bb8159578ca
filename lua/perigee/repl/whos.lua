--- What was defined at the prompt, as a table for the eye: names, shapes, memory.

local c_locale = require "perigee.util.c_locale"
local schema = require "perigee.util.schema"
local compile = require "perigee.repl.compile"
local printer = require "perigee.repl.pretty.printer"
local terminal = require "perigee.util.terminal"
local escape = require "perigee.repl.pretty.escape"

local whos = {}

local WIDTH = 80 -- characters, where the terminal does not say
local LONGEST_NAME = 60 -- bytes
local MOST = 10000 -- entries that are looked at for the memory of one value
local STANDARD = schema.set {
  "_G", "_VERSION", "_", "arg", "assert", "collectgarbage", "coroutine", "debug", "dofile", "error",
  "getmetatable", "io", "ipairs", "load", "loadfile", "math", "next", "os", "package", "pairs",
  "pcall", "print", "rawequal", "rawget", "rawlen", "rawset", "require", "select", "setmetatable",
  "string", "table", "tonumber", "tostring", "type", "utf8", "warn", "xpcall",
}

-- --- memory ----------------------------------------------------------------------

--- The bytes of an array's elements; of one that was freed, none.
local function array_bytes(array)
  local worked, dtype, size = pcall(function() return array.dtype, array.size end)
  local bits = worked and dtype:match "%d+$"
  return worked and size * (bits and bits // 8 or 1) or 0
end

local function is_counted(value)
  return type(value) == "string" or type(value) == "table" or schema.is_array(value)
end

--- The bytes of arrays and texts that a value holds, each counted once. `looked` counts entries.
local function bytes_of(value, seen, looked)
  if not is_counted(value) or seen[value] then
    return 0
  end
  seen[value] = true
  if schema.is_array(value) then
    return array_bytes(value)
  elseif type(value) == "string" then
    return #value
  end
  local bytes = 0
  for _, each in next, value do
    looked.count = looked.count + 1
    if looked.count > MOST then
      break
    end
    bytes = bytes + bytes_of(each, seen, looked)
  end
  return bytes
end

local UNITS = { { 1e9, "GB" }, { 1e6, "MB" }, { 1e3, "kB" } }

--- "47.0 MB"
local function memory(bytes)
  for _, unit in ipairs(UNITS) do
    local from, name = table.unpack(unit)
    if bytes >= from then
      return c_locale.format("%.1f %s", bytes / from, name)
    end
  end
  return bytes > 0 and bytes .. " B" or ""
end

-- --- rows ------------------------------------------------------------------------

--- Names and values: the globals that are neither Lua's nor the prompt's, and the locals.
local function defined(scope, own)
  local values = {}
  for name, value in next, _G do
    if type(name) == "string" and not STANDARD[name] and not rawequal(own[name], value) then
      values[name] = value
    end
  end
  for name, variable in pairs(scope) do
    values[name] = compile.value(variable)
  end
  return values
end

--- The characters of a text that fit: its beginning and its end, as that of an archive ends with
--- what is in it.
local function cut(text, width)
  local length = utf8.len(text)
  if not length or length <= width then
    return text
  end
  local behind = width // 2
  return text:sub(1, utf8.offset(text, width - behind) - 1) .. "…"
    .. text:sub(utf8.offset(text, -behind))
end

--- A value in a line: an array by dtype and shape, others as they print, without what is in tables.
local function described(value, width)
  if schema.is_array(value) and pcall(function() return value.ndim end) then
    return cut(("%s %s"):format(value.dtype, value.shape), width)
  end
  return cut(printer.text(value, width, nil, 1):match "^[^\n]*", width)
end

---@param scope perigee.repl.scope
---@param own table<string, any>  what the prompt defined
---@return string
function whos.text(scope, own)
  local values = defined(scope, own)
  local names = schema.sorted_keys(values)
  if #names == 0 then
    return "nothing was defined yet"
  end
  local shown, sizes, longest = {}, {}, 4
  for i, name in ipairs(names) do
    shown[i] = escape.first_line(name, LONGEST_NAME)
    sizes[i] = memory(bytes_of(values[name], {}, { count = 0 }))
    longest = math.max(longest, escape.width(shown[i]))
  end
  local middle = math.max(20, (terminal.size(1) or WIDTH) - longest - 13)
  local lines = {}
  for i, name in ipairs(names) do
    local text = described(values[name], middle)
    local room = (" "):rep(middle - escape.width(text))
    local behind = (" "):rep(longest - escape.width(shown[i]))
    lines[i] = ("%s%s  %s%s %9s"):format(shown[i], behind, text, room, sizes[i])
  end
  return table.concat(lines, "\n")
end

return whos
