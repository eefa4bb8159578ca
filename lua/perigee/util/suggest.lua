--- Which of the known names may have been meant by one that is not known.

local c_locale = require "perigee.util.c_locale"
local printable = require "perigee.util.printable"

local spelling = {}

--- How far two names are apart: the letters to be changed, put in or left out, and neighbours to be
--- swapped (Damerau's distance, where no two changes overlap).
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

--- Whether a name becomes another by letters that are put in.
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

--- Of names that are equally far: those that only have letters more, then the first in
--- alphabetical order.
local function is_likelier(name, a, b)
  local a_is_within, b_is_within = is_within(name, a), is_within(name, b)
  if a_is_within ~= b_is_within then
    return a_is_within
  end
  return a < b
end

--- The name that is spelt most like it.
---@param name string
---@param known string[]
---@return string? nearest
---@return integer? letters  that differ
function spelling.nearest(name, known)
  local best, least
  for _, each in ipairs(known) do
    local d = distance(name, each)
    if not least or d < least or d == least and is_likelier(name, each, best) then
      best, least = each, d
    end
  end
  return best, least
end

local NEAR, SHORT = 2, 4 -- letters that may differ; of a name so short, one
local SHORTEST = 3 -- letters of a name that is meant for no shorter one: len for le
local LEAST, MOST = 3, 60 -- letters of a name that may be meant for another
local STEM = 3 -- letters that another name may begin with

--- The first name that begins with this one.
local function completion(name, known)
  local best
  for _, each in ipairs(#name >= STEM and known or {}) do
    if each:sub(1, #name) == name and (not best or each < best) then
      best = each
    end
  end
  return best
end

--- The end of a sentence about a name that is not known: what may have been meant.
---@param name any
---@param known string[]
---@return string  # "" where nothing is near
function spelling.suggestion(name, known)
  name = tostring(name)
  for _, each in ipairs(known) do
    if c_locale.lower(each) == c_locale.lower(name) then
      return ("; did you mean '%s'?"):format(printable.name(each))
    end
  end
  if #name < LEAST or #name > MOST then
    return ""
  end
  local best, letters = spelling.nearest(name, known)
  local is_near = best and letters <= (#name <= SHORT and 1 or NEAR) and letters < #name
    and (#name > SHORTEST or #best >= #name)
  local meant = is_near and best or completion(name, known)
  return meant and ("; did you mean '%s'?"):format(printable.name(meant)) or ""
end

return spelling
