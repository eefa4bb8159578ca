--- What the prompt paints: a few styles, which can be read on a dark and on a light background.

local terminal = require "perigee.util.terminal"

local colours = {}

-- Of 256 colours those of middling lightness: they stand out from black and from white alike. Of 8
-- no yellow and no blue, of which one is lost on white and the other on black.
local EIGHT = {
  string = "32", number = "36", boolean = "35", key = "1", type = "35", dim = "2", error = "31",
}
local MANY = {
  string = "38;5;64", number = "38;5;31", boolean = "38;5;133", key = "38;5;67",
  type = "38;5;130", dim = "38;5;244", error = "38;5;167",
}

--- Whoever paints nothing.
---@param _ string
---@param text string
---@return string
function colours.plain(_, text)
  return text
end

--- A function that gives a text in a style ("string", "number", "boolean", "key", "type", "dim",
--- or "error"); unchanged where the file descriptor shows no colours.
---@param fd integer  1 for standard output, 2 for standard error
---@return fun(style: string, text: string): string
function colours.painter(fd)
  local count = terminal.colours(fd)
  if count == 0 then
    return colours.plain
  end
  local codes = count >= 256 and MANY or EIGHT
  return function(style, text)
    if text == "" then
      return text
    end
    return "\27[" .. codes[style] .. "m" .. text .. "\27[0m"
  end
end

return colours
