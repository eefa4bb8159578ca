--- Texts that print shows for archives, generators and the module: a title and a few rows.

local c_locale = require "perigee.util.c_locale"
local errors = require "perigee.util.errors"
local core = require "perigee.core"
local format = require "perigee.util.format"
local printable = require "perigee.util.printable"

local repr = {}

local MOST_MEMBERS = 8 -- members of an archive that are listed
local LINE, NAME = 79, 30 -- columns of a line, and of the name in it

--- Cuts a text to one line of at most `columns` columns.
local function cut(text, columns)
  return printable.cut(printable.name(text), columns, "...")
end

--- Formats a title and rows of a name and a text each, with the names in a column.
---@param title string
---@param rows string[][]
---@return string
function repr.make(title, rows)
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

--- An archive: its arrays, with dtypes and shapes.
---@param archive perigee.archive
---@return string
function repr.archive(archive)
  local path, names, message = archive:path(), errors.try(archive.keys, archive)
  if not names then
    local state = message:find("was closed", 1, true) and "closed" or "damaged"
    return repr.make(("archive %s (%s)"):format(path, state), {})
  end
  local rows = {}
  for i = 1, math.min(#names, MOST_MEMBERS) do
    local dtype, shape = errors.try(archive.form, archive, names[i])
    rows[i] = { names[i], dtype and dtype .. " " .. tostring(shape) or "cannot be read" }
  end
  if #names > MOST_MEMBERS then
    rows[MOST_MEMBERS + 1] = { ("... %s more"):format(format.integer(#names - MOST_MEMBERS)), "" }
  end
  return repr.make(("archive %s: %s"):format(path, format.quantity(#names, "array")), rows)
end

local WORDS = 624 -- of MT19937's state; when all are used, new ones are generated

--- A generator: the position in its state.
---@param generator perigee.random
---@return string
function repr.generator(generator)
  local used = generator:get_state():get(WORDS + 1)
  return ("random generator MT19937: %d of %d words used"):format(used, WORDS)
end

--- The module: version, threads, kernels, BLAS, memory, help.
---@return string
function repr.module()
  local info = core.info()
  return repr.make(("Perigee %s: neural-network experiments"):format(info.version), {
    { "threads", tostring(info.threads) },
    { "kernels", info.kernels },
    { "BLAS", info.blas },
    { "arrays", c_locale.format("%.1f MB", info.bytes / 1e6) },
    { "help", 'pg.help() lists what there is, pg.help "name" tells about it' },
  })
end

return repr
