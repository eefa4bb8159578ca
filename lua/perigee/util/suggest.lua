--- The search for the known name that is most similar to an unknown one, by the edit distance. All
--- "did you mean" hints are made here.

local c_locale = require "perigee.util.c_locale"
local printable = require "perigee.util.printable"

local suggest = {}

--- The edit distance of two names: letters that are replaced, inserted, deleted or swapped with
--- their neighbour (optimal string alignment, the restricted Damerau-Levenshtein distance).
local function distance(a, b)
  local before, row = {}, {}
  for j = 0, #b do
    row[j] = j
  end
  for i = 1, #a do
    local last = before
    before, row = row, { [0] = i }
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      row[j] = math.min(before[j] + 1, row[j - 1] + 1, before[j - 1] + cost)
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        row[j] = math.min(row[j], last[j - 2] + 1)
      end
    end
  end
  return row[#b]
end

--- Tells if inserted letters make a name the other one.
local function is_within(name, other)
  local at = 0
  for letter in name:gmatch "." do
    at = other:find(letter, at + 1, true)
    if not at then
      return false
    end
  end
  return true
end

--- Orders known names of equal distance: first those that only insert letters, then alphabetically.
local function is_likelier(name, a, b)
  local a_is_within, b_is_within = is_within(name, a), is_within(name, b)
  if a_is_within ~= b_is_within then
    return a_is_within
  end
  return a < b
end

local NEAR, SHORT = 2, 4 -- the largest distance; it is 1 for names of at most SHORT letters
local LARGEST = 4096 -- known names whose distances take no time that is felt

--- The known name of the smallest edit distance, and the distance; nil for no known names, and for
--- more than LARGEST.
local function nearest(name, known)
  local best, least
  for _, each in ipairs(#known <= LARGEST and known or {}) do
    local d = math.abs(#each - #name) <= NEAR and distance(name, each) or math.huge
    if not least or d < least or d == least and is_likelier(name, each, best) then
      best, least = each, d
    end
  end
  return best, least
end

local SHORTEST = 3 -- letters: for such a name, no shorter one is suggested, as "le" for "len"
local LEAST, MOST = 3, 60 -- letters of a name that gets a suggestion
local STEM = 3 -- letters: the least beginning that is completed

--- The first known name that begins with this one.
local function completion(name, known)
  local best
  for _, each in ipairs(#name >= STEM and known or {}) do
    if each:sub(1, #name) == name and (not best or each < best) then
      best = each
    end
  end
  return best
end

--- The end of a message about an unknown name: "; did you mean 'seed'?"
---@param name any
---@param known string[]
---@return string  # "" where no known name is similar
function suggest.suggestion(name, known)
  name = tostring(name)
  for _, each in ipairs(known) do
    if c_locale.lower(each) == c_locale.lower(name) then
      return ("; did you mean '%s'?"):format(printable.name(each))
    end
  end
  if #name < LEAST or #name > MOST then
    return ""
  end
  local best, distant = nearest(name, known)
  local is_near = best and distant <= (#name <= SHORT and 1 or NEAR) and distant < #name
    and (#name > SHORTEST or #best >= #name)
  local meant = is_near and best or completion(name, known)
  return meant and ("; did you mean '%s'?"):format(printable.name(meant)) or ""
end

return suggest
