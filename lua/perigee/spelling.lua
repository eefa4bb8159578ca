--- Which of the known names may have been meant by one that is not known.

local spelling = {}

--- How far two names are apart: the letters to be changed (Levenshtein's distance).
local function distance(a, b)
  local row = {}
  for j = 0, #b do
    row[j] = j
  end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      diagonal, row[j] = row[j], math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
    end
  end
  return row[#b]
end

--- The name that is spelt most like it, the first in alphabetical order of equals.
---@param name string
---@param known string[]
---@return string? nearest
---@return integer? letters  that differ
function spelling.nearest(name, known)
  local best, least
  for _, each in ipairs(known) do
    local d = distance(name, each)
    if not least or d < least or d == least and each < best then
      best, least = each, d
    end
  end
  return best, least
end

local NEAR = 2 -- letters

--- The end of a sentence about a name that is not known: what may have been meant.
---@param name any
---@param known string[]
---@return string  # "" where nothing is near
function spelling.suggestion(name, known)
  name = tostring(name)
  local best, letters = spelling.nearest(name, known)
  local is_near = best and letters <= NEAR and letters < #name
  return is_near and ("; did you mean '%s'?"):format(best) or ""
end

return spelling
