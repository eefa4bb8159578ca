--- Pages of help: lines, printed in colour where the terminal has it.

local entries = require "perigee.help.entries"
local lua_manual = require "perigee.help.lua_manual"
local printable = require "perigee.util.printable"
local terminal = require "perigee.util.terminal"

local page = {}

local WIDTH = 80
local WIDEST = 33 -- columns of the names in a list; a longer name moves its sentence

--- A list of lines, each of which may have a style: "title" or "aside".
---@class perigee.help.page
local Page = {}
Page.__index = Page

---@return perigee.help.page
function page.new()
  return setmetatable({}, Page)
end

--- Adds a line.
---@param text? string  "" by default
---@param style? "title"|"aside"
function Page:line(text, style)
  self[#self + 1] = { text = printable.lines(text or ""), style = style }
end

--- Adds prose, wrapped into lines of at most WIDTH bytes.
---@param text string
---@param first? string  the beginning of the first line
---@param others? string  the beginning of the other lines
---@param style? "title"|"aside"
function Page:prose(text, first, others, style)
  local line, is_empty = first or "", true
  for word in text:gmatch "%S+" do
    if not is_empty and #line + 1 + #word > WIDTH then
      self:line(line, style)
      line, is_empty = others or first or "", true
    end
    line = line .. (is_empty and "" or " ") .. word
    is_empty = false
  end
  self:line(line, style)
end

--- Adds the paragraphs of a comment, with a blank line between two of them.
---@param lines string[]
function Page:paragraphs(lines)
  local paragraph = {}
  for i = 1, #lines + 1 do
    local line = lines[i]
    if line and line ~= "" then
      paragraph[#paragraph + 1] = line
    elseif #paragraph > 0 then
      self:prose(table.concat(paragraph, " "))
      paragraph = {}
      if line then
        self:line()
      end
    end
  end
end

--- Adds a line, cut behind a word where it is too long.
---@param text string
function Page:cut(text)
  if #text > WIDTH then
    text = text:sub(1, WIDTH - 3):gsub("[%s,;:.]*%s%S*$", "") .. " ..."
  end
  self:line(text)
end

-- --- a function -------------------------------------------------------------------

--- A type without the prefix of the annotations.
local function plain_type(text)
  return (text:gsub("perigee%.like", "array-like"):gsub("perigee%.sweep%.", "")
    :gsub("perigee%.", ""))
end

local function add_options(self, entry)
  local _, described = entries.options(entry)
  local is_named, others = {}, {}
  for _, option in ipairs(described) do
    if option.owner == entry then
      self:prose(option.text, "      ", "        ")
    elseif not is_named[option.owner] then
      is_named[option.owner] = true
      others[#others + 1] = option.owner
    end
  end
  for _, owner in ipairs(others) do
    local names = {}
    for _, option in ipairs(described) do
      names[#names + 1] = option.owner == owner and option.name or nil
    end
    self:prose(("as of %s: %s"):format(entries.name(owner), table.concat(names, ", ")), "      ",
      "        ")
  end
end

local function add_parameter(self, entry, i)
  local name, type_text, text, is_optional = entries.parameter(entry, i)
  local rest = plain_type(type_text)
  local is_options = name == "options" and entry.name ~= nil -- of a public function
  if text ~= "" and not is_options then
    rest = rest .. ": " .. text
  end
  self:prose(rest, ("  %s%s  "):format(name, is_optional and "?" or ""), "      ")
  if is_options then
    add_options(self, entry)
  end
end

--- Adds a description: sentences, parameters, returned values, example.
---@param entry table
function Page:description(entry)
  self:paragraphs(entry.text)
  if #entry.params + #entry.returns > 0 then
    if #entry.text > 0 then
      self:line()
    end
    for i = 1, #entry.params do
      add_parameter(self, entry, i)
    end
    for i = 1, #entry.returns do
      local type_text, text = entries.returned(entry, i)
      local rest = plain_type(type_text)
      self:prose(text ~= "" and rest .. ": " .. text or rest,
        i == 1 and "  returns  " or "  and  ", "      ")
    end
  end
  if #entry.example > 0 then
    self:line()
    for _, line in ipairs(entry.example) do
      self:line("    " .. line)
    end
  end
end

--- The page about a public function.
---@param entry table
---@return perigee.help.page
function page.of_entry(entry)
  local self = page.new()
  self:prose(entries.signature(entry), nil, "  ", "title")
  self:line()
  self:description(entry)
  self:line()
  self:prose(table.concat({ entries.places(entry) }, ", "), nil, nil, "aside")
  return self
end

-- --- a class ----------------------------------------------------------------------

--- Groups the members of a class by their headings, each as a row: its name and its sentence.
---@return string[] headings
---@return table<string, string[][]> groups
---@return integer width  of the names
local function group_members(class)
  local headings, groups, width = {}, {}, 0
  for _, member in ipairs(entries.members(class.name)) do
    local is_field = member.kind == "field"
    local heading = is_field and "fields" or member.heading or "methods"
    local row = is_field and { class.variable .. "." .. member.name,
      member.text ~= "" and member.text or plain_type(member.type) }
      or { entries.signature(member.entry), member.text }
    if not groups[heading] then
      headings[#headings + 1] = heading
      groups[heading] = {}
    end
    table.insert(groups[heading], row)
    width = math.max(width, math.min(#row[1], WIDEST))
  end
  return headings, groups, width
end

--- The page about a class, or about a value of it.
---@param class table  as entries.class returns it
---@param about? string  a line about the value
---@return perigee.help.page
function page.of_class(class, about)
  local self = page.new()
  self:prose(about or class.title, nil, "  ", "title")
  local text = entries.class_text(class.name)
  if #text > 0 then
    self:line()
    self:paragraphs(text)
  end
  if class.name == "pg" then
    self:line()
    self:prose("Each method of an array is a function of the module, too: a:exp() is pg.exp(a). "
      .. "See help \"arrays\".")
  end
  local headings, groups, width = group_members(class)
  for _, heading in ipairs(headings) do
    self:line()
    self:line(heading, "title")
    for _, row in ipairs(groups[heading]) do
      self:cut(("  %-" .. width .. "s  %s"):format(row[1], row[2]))
    end
  end
  self:line()
  local places = ("docs/reference.md#%s, %s"):format(entries.anchor(class.section), class.page)
  self:prose(places, nil, nil, "aside")
  return self
end

-- --- Lua -------------------------------------------------------------------------

--- The page about a function, a library or a keyword of Lua; nil for another name.
---@param name string
---@return perigee.help.page?
function page.of_manual(name)
  local what, address = lua_manual.find(name)
  if not what then
    return nil
  end
  local self = page.new()
  self:line(name, "title")
  self:line()
  self:prose(what .. ".")
  self:line()
  self:line(address, "aside")
  return self
end

-- --- printing ---------------------------------------------------------------------

--- A page as plain text.
---@param self perigee.help.page
---@return string
function page.text(self)
  local lines = {}
  for i, line in ipairs(self) do
    lines[i] = line.text
  end
  return table.concat(lines, "\n")
end

local STYLES = { title = "\27[1m", aside = "\27[2m" }
local PLAIN = "\27[0m"

--- Prints a page, in colour where the terminal has it.
---@param self perigee.help.page
function page.print(self)
  local has_colour = terminal.colours(1) > 0
  for _, line in ipairs(self) do
    local style = has_colour and STYLES[line.style]
    print(style and style .. line.text .. PLAIN or line.text)
  end
end

return page
