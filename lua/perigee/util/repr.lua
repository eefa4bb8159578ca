--- Cards: what print shows of things that are made in C, and of the module, in a few lines.
--
-- The first line stands for itself; the others tell only what is known, and compute nothing.

local c_locale = require "perigee.util.c_locale"
local errors = require "perigee.util.errors"
local core = require "perigee.core"
local format = require "perigee.util.format"
local printable = require "perigee.util.printable"

local cards = {}

local SHOWN = 8 -- members of an archive
local LINE, NAME = 79, 30 -- columns of a line; of a name before it

--- A text in at most so many columns, with nothing in it that breaks the line.
local function cut(text, columns)
  return printable.cut(printable.name(text), columns, "...")
end

--- A card of a title and rows, of a name and a text each; names stand in a column.
---@param title string
---@param rows string[][]
---@return string
function cards.make(title, rows)
  local names, width, lines = {}, 0, { cut(title, LINE) }
  for i, row in ipairs(rows) do
    names[i] = cut(row[1], NAME)
    width = math.max(width, printable.width(names[i]))
  end
  for i, row in ipairs(rows) do
    local blanks = (" "):rep(width - printable.width(names[i]))
    local line = ("  %s%s  %s"):format(names[i], blanks, row[2])
    lines[i + 1] = cut(line:gsub(" +$", ""), LINE)
  end
  return table.concat(lines, "\n")
end

--- A member's row.
local function member(archive, name)
  local dtype, shape = errors.try(archive.form, archive, name)
  if not dtype then
    return { name, "cannot be read" }
  end
  return { name, dtype .. " " .. tostring(shape) }
end

--- The arrays of a file, with dtypes and shapes.
---@param archive perigee.archive
---@return string
function cards.archive(archive)
  local path, names = archive:path(), errors.try(archive.keys, archive)
  if not names then
    return cards.make(("archive %s (closed)"):format(path), {})
  end
  local rows = {}
  for i = 1, math.min(#names, SHOWN) do
    rows[i] = member(archive, names[i])
  end
  if #names > SHOWN then
    rows[SHOWN + 1] = { ("... %s more"):format(format.integer(#names - SHOWN)), "" }
  end
  return cards.make(("archive %s: %s"):format(path, format.quantity(#names, "array")), rows)
end

local WORDS = 624 -- of MT19937's state: then it makes new ones

--- How far a generator is.
---@param generator perigee.random
---@return string
function cards.generator(generator)
  local used = generator:get_state():get(WORDS + 1)
  return ("random generator MT19937: %d of %d words used"):format(used, WORDS)
end

--- The module, and where help is.
---@return string
function cards.module()
  local info = core.info()
  return cards.make(("Perigee %s: neural-network experiments"):format(info.version), {
    { "threads", tostring(info.threads) },
    { "kernels", info.kernels },
    { "BLAS", info.blas },
    { "arrays", c_locale.format("%.1f MB", info.bytes / 1e6) },
    { "help", 'pg.help() lists what there is, pg.help "name" tells about it' },
  })
end

return cards
