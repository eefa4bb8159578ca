--- What an experiment leaves behind: tables and plots in out/.
--
-- A sweep whose results are on the screen is not stopped by a file that cannot be
-- written, or a plot that cannot be drawn: each is one line on stderr.

local core = require "perigee.core"
local plot = require "perigee.plot"
local system = require "perigee.system"

local FOLDER = "out"

local output = {}

local function say(...)
  io.stderr:write(string.format(...), "\n")
end

--- The path of a file in the folder, which is made; false where it cannot be.
local function path_of(name)
  local made, message = system.make_folder(FOLDER)
  if not made then
    say("%s was not written: %s", name, message)
  end
  return made and FOLDER .. "/" .. name
end

local function report(path, written, message)
  if written then
    say("wrote %s", path)
  else
    say("%s was not written: %s", path, message)
  end
end

local function field(value)
  local text = tostring(value)
  return text:find '[",\n]' and '"' .. text:gsub('"', '""') .. '"' or text
end

local function line(values)
  local fields = {}
  for i, value in ipairs(values) do
    fields[i] = field(value)
  end
  return table.concat(fields, ",") .. "\n"
end

--- Writes out/NAME.csv: a line of column names, and one for each row.
---@param name string
---@param columns string[]
---@param rows any[][]  numbers or text
function output.csv(name, columns, rows)
  local path = path_of(name .. ".csv")
  if not path then
    return
  end
  local lines = { line(columns) }
  for i, row in ipairs(rows) do
    lines[i + 1] = line(row)
  end
  report(path, core.write(path, table.concat(lines)))
end

--- Draws a plot in the terminal, and into out/NAME.svg.
---@param name string
---@param options table  as pg.plot takes them
function output.plot(name, options)
  local shown, message = plot(options)
  if not shown then
    say("%s", message)
    return
  end
  local path = path_of(name .. ".svg")
  if path then
    local drawing = setmetatable({ file = path }, { __index = options })
    report(path, plot(drawing))
  end
end

return output
