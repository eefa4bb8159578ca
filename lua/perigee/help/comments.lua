--- Doc comments of a Lua file: those of its functions, classes and aliases of types.
--
-- A comment has sentences, an example (lines indented by four spaces, as code in Markdown), and
-- tags of the Lua language server: @param, @return, @class, @field, @alias.

local comments = {}

--- The name and parameters of a function whose definition a line begins; "" for one without a name.
local function function_in(line)
  local name, parameters = line:match "^l?o?c?a?l? ?function ([%w_.:]+)%((.-)%)"
  if name then
    return name, parameters
  end
  parameters = line:match "^return function%((.-)%)"
  return parameters and "", parameters
end

local LISTS = { param = "params", ["return"] = "returns", field = "fields" }

--- Parses a comment.
---@param lines string[]  without dashes
---@return table  # text and example: lists of lines; params, returns, fields: the texts behind
---   these tags; class: the name of the class or alias that the comment describes; values: the
---   strings that the alias lists
function comments.read(lines)
  local read = { text = {}, example = {}, params = {}, returns = {}, fields = {}, values = {} }
  local last
  for _, line in ipairs(lines) do
    local tag, rest = line:match "^ ?@(%w+) ?(.*)"
    if tag then
      last = LISTS[tag] and read[LISTS[tag]]
      if last then
        last[#last + 1] = rest
      elseif tag == "class" or tag == "alias" then
        read.class = rest:match "^%S+"
      end
    elseif line:find "^|" then -- values of an alias
      last = nil
      for value in line:gmatch '"(.-)"' do
        read.values[#read.values + 1] = value
      end
    elseif last and line:find "^%s%s" then
      last[#last] = last[#last] .. " " .. line:match "^%s+(.*)"
    else
      local code = line:match "^ ?    (.*)"
      local list = code and read.example or read.text
      list[#list + 1] = code or line:match "^ ?(.*)"
    end
  end
  while #read.text > 0 and not read.text[#read.text]:find "%S" do
    table.remove(read.text)
  end
  return read
end

--- Parses the comments of all functions, classes and aliases of a file.
---@param file file*  closed at the end
---@return table[] functions  as `read` returns them, with the function's name as `full`, its
---   `parameters`, the `heading` above it, and its `line`
---@return table<string, table> classes  classes and aliases by name
function comments.of_file(file)
  local functions, classes, lines, heading, number = {}, {}, {}, nil, 0
  for line in file:lines() do
    number = number + 1
    heading = line:match "^%-%- %-%-%- (.-) %-+$" or heading
    if line:find "^%-%-%-" then
      lines[#lines + 1] = line:sub(4)
    elseif line:find "^%-%- " and #lines > 0 then
      lines[#lines + 1] = line:sub(3)
    elseif #lines > 0 then
      local read = comments.read(lines)
      local name, parameters = function_in(line)
      if name then
        read.full, read.parameters, read.heading, read.line = name, parameters, heading, number
        functions[#functions + 1] = read
      elseif read.class then
        classes[read.class] = read
      end
      lines = {}
    end
  end
  file:close()
  return functions, classes
end

return comments
