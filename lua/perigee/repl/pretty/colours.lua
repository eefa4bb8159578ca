--- The prompt's colours: styles that are legible on a dark and on a light background.

local terminal = require "perigee.util.terminal"

local colours = {}

---@alias perigee.repl.paint fun(style: string, text: string): string

-- Some of the 256 colours are of medium lightness, and stand out from black and from white. Of the
-- 8 colours yellow is not legible on white, and blue is not on black.
local STYLES_8 = {
  string = "32", number = "36", boolean = "35", key = "1", type = "35", dim = "2", error = "31",
}
local STYLES_256 = {
  string = "38;5;64", number = "38;5;31", boolean = "38;5;133", key = "38;5;67",
  type = "38;5;130", dim = "38;5;244", error = "38;5;167",
}

--- Returns the text without colour, whatever the style.
---@param _ string
---@param text string
---@return string
function colours.plain(_, text)
  return text
end

--- A function that puts a text in a style ("string", "number", "boolean", "key", "type", "dim" or
--- "error"), or returns it unchanged if the file descriptor shows no colours.
---@param fd integer  1 for standard output, 2 for standard error
---@return perigee.repl.paint
function colours.painter(fd)
  local count = terminal.colours(fd)
  if count == 0 then
    return colours.plain
  end
  local codes = count >= 256 and STYLES_256 or STYLES_8
  return function(style, text)
    return text == "" and "" or "\27[" .. codes[style] .. "m" .. text .. "\27[0m"
  end
end

return colours
