--- The signature of any function made in Lua, and the comment above it.

local comments = require "perigee.help.comments"

local doc_comment = {}

--- Texts of chunks that are in no file, by debug.getinfo's `source` of their functions: "=stdin".
--- The prompt sets it.
---@type table<string, string>
doc_comment.sources = {}

--- The signature of a function: "name(x, y, ...)".
---@param f function
---@param name string
---@return string
function doc_comment.signature(f, name)
  local info, parameters = debug.getinfo(f, "u"), {}
  for i = 1, info.nparams do
    parameters[i] = debug.getlocal(f, i) or "?" -- names may have been stripped
  end
  if info.isvararg then
    parameters[#parameters + 1] = "..."
  end
  return ("%s(%s)"):format(name, table.concat(parameters, ", "))
end

--- The lines of a chunk; nil if they cannot be read.
---@param source string  as debug.getinfo has it
local function source_lines(source)
  local text = doc_comment.sources[source]
  if not text and source:find "^@" then
    local file <close> = io.open(source:sub(2))
    text = file and file:read "a"
  elseif not text and not source:find "^=" then
    text = source -- a chunk that was loaded from its text
  end
  local lines = {}
  for line in (text or ""):gsub("\r\n", "\n"):gmatch "([^\n]*)\n?" do
    lines[#lines + 1] = line
  end
  return text and lines
end

--- The lines of a long comment that ends at a line; nil if there is none.
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

--- The comment right above a function.
---@param f function
---@return table?  # as comments.read returns it
---@return string?  # the reason, where nil comes first
function doc_comment.comment(f)
  local info = debug.getinfo(f, "S")
  local lines = source_lines(info.source)
  local line = lines and lines[info.linedefined]
  if not line then
    return nil, "Its source cannot be read here."
  elseif not line:find "%f[%w_]function%f[^%w_]" then
    return nil, "Its source has changed since it was read, so its comment is not found."
  end
  local text = {}
  for _, each in ipairs(comment_above(lines, info.linedefined)) do
    local is_rule = each:find "^%s*[-=]+%s*$"
    if not is_rule and (#text > 0 or each:find "%S") then
      text[#text + 1] = each
    end
  end
  if #text == 0 then
    return nil, "It has no comment right above it, which help would show."
  end
  return comments.read(text)
end

return doc_comment
