--- The user's text editor.

local editor = {}

--- The command of the editor: $VISUAL, $EDITOR, or one that is installed.
local function command()
  for _, name in ipairs { "VISUAL", "EDITOR" } do
    local value = os.getenv(name)
    if value and value ~= "" then
      return value
    end
  end
  for _, name in ipairs { "editor", "nano", "vi" } do
    if os.execute("command -v " .. name .. " >/dev/null 2>&1") then
      return name
    end
  end
end

--- Opens a text in the editor.
---@param text string
---@return string?  # the text that was saved
---@return string? message  why there is none
function editor.edit(text)
  local program = command()
  if not program then
    return nil, "there is no editor; $EDITOR can name one"
  end
  local name = os.tmpname()
  local path = name .. ".lua" -- editors recognise the language by it
  os.remove(name)
  local file, message = io.open(path, "w")
  if not file then
    return nil, message
  end
  file:write(text, "\n")
  local written
  written, message = file:close()
  if not written then
    return nil, message
  end
  local worked, how, status = os.execute(("%s '%s'"):format(program, path))
  file = worked and io.open(path)
  local edited = file and file:read "a"
  if file then
    file:close()
  end
  os.remove(path)
  return edited, ("%s ended with %s %d"):format(program, how, status)
end

return editor
