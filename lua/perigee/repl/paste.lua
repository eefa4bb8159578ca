--- What is pasted, where that is no chunk: a session with its prompts, or lines that were chunks of
--- their own where they come from.

local paste = {}

local MOST = 1 << 16 -- bytes of a text that is tried line by line

--- The chunks of a session that was copied with its prompts, without what was printed.
---@param text string
---@return string[]?  # nil where the text does not begin with a prompt
function paste.transcript(text)
  if not text:find "^> " then
    return nil
  end
  local chunks = {}
  for line in text:gmatch "[^\n]+" do
    local first, more = line:match "^> (.*)$", line:match "^>> ?(.*)$"
    if first then
      chunks[#chunks + 1] = first
    elseif more then
      chunks[#chunks] = chunks[#chunks] .. "\n" .. more
    end
  end
  return chunks
end

local function is_help_wanted(text)
  return text:find "^%s*%?" ~= nil
end

--- The chunks that lines are if they are typed one after the other.
---@param text string
---@param compile fun(text: string): any, string?, boolean?  as compile.chunk
---@return string[]?  # nil where that is one chunk, or lines are none
function paste.pieces(text, compile)
  if #text > MOST then
    return nil
  end
  local pieces, lines = {}, {}
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line
    local piece = table.concat(lines, "\n")
    local chunk, _, is_incomplete = compile(piece)
    if chunk or is_help_wanted(piece) then
      pieces[#pieces + 1] = piece:find "%S" and piece
      lines = {}
    elseif not is_incomplete then
      return nil
    end
  end
  return #lines == 0 and #pieces > 1 and pieces or nil
end

return paste
