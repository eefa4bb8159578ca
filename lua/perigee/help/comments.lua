--- The comments of a Lua file: of its functions, its classes and its aliases of types.
--
-- A comment is sentences, then an example (lines that are indented by four spaces: Markdown's
-- code), then tags, as the Lua language server has them: @param, @return, @class, @field, @alias.

local comments = {}

--- The name and parameters of a function that a line begins; "" for one without a name.
local function function_in(line)
  local name, parameters = line:match "^l?o?c?a?l? ?function ([%w_.:]+)%((.-)%)"
  if name then
    return name, parameters
  end
  parameters = line:match "^return function%((.-)%)"
  return parameters and "", parameters
end

--- Leaves out blank lines at the end.
local function trim(lines)
  while lines[#lines] and not lines[#lines]:find "%S" do
    lines[#lines] = nil
  end
end

local LISTS = { param = "params", ["return"] = "returns", field = "fields" }

--- Adds a line that belongs to no tag: a sentence's, or an example's.
local function add_text(read, line)
  local code = line:match "^ ?    (.*)"
  if code then
    read.example[#read.example + 1] = code
  else
    read.text[#read.text + 1] = line:match "^ ?(.*)"
  end
end

--- One comment, without its dashes.
---@param lines string[]
---@return table  # text, example: lines; params, returns, fields: the text behind each tag;
---   class: the name of the class or alias that the comment describes, if it does
function comments.read(lines)
  local read = { text = {}, example = {}, params = {}, returns = {}, fields = {} }
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
    elseif line:find "^|" then -- a value of an alias
      last = nil
    elseif last and line:find "^%s%s" then
      last[#last] = last[#last] .. " " .. line:match "^%s+(.*)"
    else
      add_text(read, line)
    end
  end
  trim(read.text)
  return read
end

--- The functions, classes and aliases of a file that have a comment.
---@param file file*  is closed
---@return table[] functions  as `read` gives them, with the function's name in `full`, its
---   `parameters`, the `heading` that it stands under, and its `line`
---@return table<string, table> classes  with the aliases, by name
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
