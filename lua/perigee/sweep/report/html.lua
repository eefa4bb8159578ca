--- Formats texts and values as HTML. All texts are escaped.

local c_locale = require "perigee.util.c_locale"
local format = require "perigee.util.format"
local printable = require "perigee.util.printable"

local html = {}

local LONG = 40 -- bytes of text that are not broken into lines
local MISSING = "\u{2013}"
local POINT_SPACE, DIGIT_SPACE = "\u{2008}", "\u{2007}" -- as wide as a point, and as a digit

-- --- text -------------------------------------------------------------------------

local ENTITIES = {
  ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;",
}

--- Escapes text for its place between tags or in a quoted attribute. Control characters, marks that
--- turn the direction of writing, characters that HTML does not have, and bytes that are no UTF-8
--- become U+FFFD.
---@param text any
---@return string
function html.escape(text)
  local readable = printable.replaced(c_locale.tostring(text), "[\0-\8\11\12\14-\31\127]",
    function()
      return "\u{FFFD}"
    end)
  return (readable:gsub("[&<>\"']", ENTITIES))
end

-- --- values -----------------------------------------------------------------------

--- Formats a number as it is shown, and, if it has more digits, with all of them.
local function number_texts(number)
  if number ~= number then
    return "nan" -- without the sign that it may have
  elseif number - number ~= 0 then
    return format.short(number), number > 0 and "Infinity" or "-Infinity"
  end
  local short, full = format.short(number), format.value(number)
  return short, short ~= full and full or nil
end

--- Formats a value as an element.
---@param tag string
---@param value any
---@return string
function html.element(tag, value)
  local text, full = format.short(value), nil
  if math.type(value) then
    text, full = number_texts(value)
  end
  local attribute = full and (' title="%s"'):format(full) or #text > LONG and ' class="long"' or ""
  return ("<%s%s>%s</%s>"):format(tag, attribute, html.escape(text), tag)
end

-- --- columns of a table -----------------------------------------------------------

--- Aligns numbers at their points: those with fewer decimals get spaces of the same width. Numbers
--- with exponents are left as they are.
---@param texts string[]
---@param count integer  missing ones are nil
local function align_points(texts, count)
  local most, behind = 0, {}
  for i = 1, count do
    if texts[i] and texts[i]:find "%de" then
      return
    elseif texts[i] then
      behind[i] = #(texts[i]:match "%.%d*$" or "")
      most = math.max(most, behind[i])
    end
  end
  for i = 1, count do
    if texts[i] and behind[i] < most then
      texts[i] = texts[i] .. (behind[i] == 0 and POINT_SPACE or "")
        .. DIGIT_SPACE:rep(most - math.max(behind[i], 1))
    end
  end
end

--- Formats a number's cell. The class m has missing values and NaN: they stay at the end, however
--- rows are sorted.
local function number_cell(text, title)
  if not text or text:find "^nan" then
    return ('<td class="n m">%s</td>'):format(text or MISSING)
  end
  return title and ('<td class="n" title="%s">%s</td>'):format(title, text)
    or ('<td class="n">%s</td>'):format(text)
end

--- Tells if there are values, and all of them are numbers.
local function all_numbers(values, count)
  local some = false
  for i = 1, count do
    if values[i] ~= nil and not math.type(values[i]) then
      return false
    end
    some = some or values[i] ~= nil
  end
  return some
end

---@class perigee.sweep.report.column
---@field name string
---@field is_number boolean
---@field is_metric boolean?
---@field cells string[]  the elements td

--- Formats the cells of a column.
---@param name string
---@param values any[]
---@param count integer  how many there are; missing ones are nil
---@return perigee.sweep.report.column
function html.column(name, values, count)
  local column = { name = name, is_number = all_numbers(values, count), cells = {} }
  local texts, titles = {}, {}
  for i = 1, column.is_number and count or 0 do
    if values[i] ~= nil then
      texts[i], titles[i] = number_texts(values[i])
    end
  end
  align_points(texts, count)
  for i = 1, count do
    if column.is_number then
      column.cells[i] = number_cell(texts[i], titles[i])
    else
      column.cells[i] = values[i] == nil and ('<td class="m">%s</td>'):format(MISSING)
        or html.element("td", values[i])
    end
  end
  return column
end

--- The number of decimals for the means of a column and their deviations: two digits of the least
--- deviation, if the means have no more than eight by that. Nil if there is no deviation, or the
--- numbers need exponents.
local function common_decimals(means, stds, count)
  local least, most = math.huge, 0
  for i = 1, count do
    local std = stds[i]
    least = std and std > 0 and math.min(least, std) or least
    most = math.max(most, math.abs(means[i] or 0), std or 0)
  end
  if least == math.huge or most >= 1e6 or most < 1e-3 then
    return nil
  end
  local decimals = math.min(1 - math.floor(math.log(least, 10)),
    7 - math.floor(math.log(most, 10)))
  return math.max(0, decimals)
end

--- Formats the cells of a metric's means and standard deviations.
---@param name string
---@param means number[]
---@param stds number[]
---@param count integer  how many there are; missing ones are nil
---@return perigee.sweep.report.column
function html.mean_column(name, means, stds, count)
  local texts, titles, std_texts, column = {}, {}, {}, {}
  local decimals = common_decimals(means, stds, count)
  local form = decimals and "%." .. decimals .. "f"
  for i = 1, count do
    if means[i] ~= nil then
      local short, full = number_texts(means[i])
      local is_finite = means[i] - means[i] == 0
      texts[i] = form and is_finite and c_locale.format(form, means[i]) or short
      titles[i] = full or short -- what the column is sorted by
      std_texts[i] = is_finite and stds[i] and c_locale.format(form or "%.3g", stds[i]) or nil
    end
  end
  align_points(texts, count)
  align_points(std_texts, count)
  for i = 1, count do
    local spread = std_texts[i] and " \u{B1} " .. std_texts[i] or ""
    column[i] = number_cell(texts[i] and texts[i] .. spread, titles[i])
  end
  return { name = name, is_number = true, cells = column }
end

return html
