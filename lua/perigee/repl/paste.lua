--- Pasted text as chunks: a session copied with its prompts, or lines that are chunks one by one.

local paste = {}

local MOST = 1 << 16 -- bytes: longer text is not split

--- The chunks of a session that was copied with its prompts; its output is left out.
---@param text string
---@return string[]?  # nil if the text does not begin with a prompt
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

--- The chunks that the lines of a text make if they are typed one after the other.
---@param text string
---@param compiled fun(text: string): perigee.repl.chunk?, string?, boolean?  as compile.chunk
---@return string[]?  # nil if they make one chunk only, or one with a syntax error
function paste.chunks(text, compiled)
  if #text > MOST then
    return nil
  end
  local chunks, lines = {}, {}
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line
    local chunk = table.concat(lines, "\n")
    local compiles, _, is_incomplete = compiled(chunk)
    if compiles or chunk:find "^%s*%?" then -- `?x` asks for help
      chunks[#chunks + 1] = chunk:find "%S" and chunk
      lines = {}
    elseif not is_incomplete then
      return nil
    end
  end
  return #lines == 0 and #chunks > 1 and chunks or nil
end

return paste
