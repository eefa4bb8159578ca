--- What can be told of any function made in Lua: its parameters, and the comment above it.

local comments = require "perigee.help.comments"

local own = {}

--- How it is called: "name(x, y, ...)".
---@param f function
---@param name string
---@return string
function own.signature(f, name)
  local info, parameters = debug.getinfo(f, "u"), {}
  for i = 1, info.nparams do
    parameters[i] = debug.getlocal(f, i) or "?" -- names may have been stripped
  end
  if info.isvararg then
    parameters[#parameters + 1] = "..."
  end
  return ("%s(%s)"):format(name, table.concat(parameters, ", "))
end

local function lines_of(text)
  local lines = {}
  for line in text:gsub("\r\n", "\n"):gmatch "([^\n]*)\n?" do
    lines[#lines + 1] = line
  end
  return lines
end

--- The lines of a chunk; nil where they are not to be had.
local function source_lines(source, sources)
  if sources[source] then
    return lines_of(sources[source])
  elseif source:find "^@" then
    local file <close> = io.open(source:sub(2))
    local text = file and file:read "a"
    return text and lines_of(text)
  elseif not source:find "^=" then
    return lines_of(source) -- a chunk that was loaded from its text
  end
end

--- The lines of a long comment that ends at a line; nil where none does.
local function long_comment(lines, last)
  local closing = lines[last]:match "%](=*)%]%s*$"
  if not closing then
    return nil
  end
  local text = {}
  for i = last, 1, -1 do
    local line = i == last and lines[i]:gsub("%]=*%]%s*$", "") or lines[i]
    local rest = line:match("^%s*%-%-%[" .. closing .. "%[(.*)$")
    table.insert(text, 1, " " .. (rest or line):match "^%s*(.*)$")
    if rest then
      return text
    end
  end
end

--- The comment above a line, without its dashes.
local function comment_above(lines, number)
  local text, i = {}, number - 1
  while i >= 1 and lines[i]:find "^%s*%-%-" and not lines[i]:find "^%s*%-%-%[=*%[" do
    table.insert(text, 1, lines[i]:match "^%s*%-%-%-?(.*)$")
    i = i - 1
  end
  if #text == 0 and i >= 1 then
    return long_comment(lines, i) or text
  end
  return text
end

--- Leaves out lines that are drawn, and blank ones at the start.
local function trim(lines)
  local kept = {}
  for _, line in ipairs(lines) do
    local is_drawn = line:find "^%s*[-=]+%s*$"
    if not is_drawn and (#kept > 0 or line:find "%S") then
      kept[#kept + 1] = line
    end
  end
  return kept
end

--- The comment right above a function.
---@param f function
---@param sources table<string, string>  texts of chunks that stand in no file
---@return table?  # as comments.read gives it; nil where there is none,
---@return string?  # and why
function own.comment(f, sources)
  local info = debug.getinfo(f, "S")
  local lines = source_lines(info.source, sources)
  local line = lines and lines[info.linedefined]
  if not line then
    return nil, "Its source cannot be read here."
  elseif not line:find "%f[%w_]function%f[^%w_]" then
    return nil, "Its source has changed since it was read: the comment is not found."
  end
  local text = trim(comment_above(lines, info.linedefined))
  if #text == 0 then
    return nil, "It has no comment right above it: what would stand there, help would show."
  end
  return comments.read(text)
end

return own
