--- The overview that help begins with: first steps, and the list of all names.

local entries = require "perigee.help.entries"
local page = require "perigee.help.page"

local overview = {}

local FIRST_STEPS = [[
pg = require "perigee"               the module; all functions: help(pg)
data = pg.dataset "digits"           or "mnist"; or pg.load "file.npz"
x, y = data.x_train, data.y_train    arrays: x.shape, x[1], x["1:10"], x:mean()
m = pg.Model(x, y, {hidden = 100, scale = 1/255, seed = 0})
cost = m:fit{iterations = 100, rate = 0.5, progress = true}
m:score(data.x_test, data.y_test)    the accuracy, 0 to 1
pg.show(x[1])   pg.plot(cost)        a picture, and a curve
m:save "m.npz"                       pg.Model.load("m.npz", x, y) reads it
sweep = require "perigee.sweep"      many trainings: help(sweep)

help(pg.plot)   help "m:fit"   ?fit  a function: its parameters, an example
help(m)   help(x)   ?data            a value: its fields and methods
help "batch"   help(your_function)   an option; the comment above your function
help "all"                           all names

who()   the variables      time(f)                the time of a call
edit()  the last chunk in  save_session("s.lua")  the lines that worked
        $EDITOR            _                      the last value
;  at the end of a line hides its value     Tab     completes names
Ctrl-C  interrupts, clears the line         Ctrl-D  leaves]]

--- First lines to type, the forms of help, and the commands of the prompt.
---@return perigee.help.page
function overview.first_steps()
  local self = page.new()
  for line in FIRST_STEPS:gmatch "[^\n]*" do
    self:line(line)
  end
  return self
end

--- All names, under their classes.
---@return perigee.help.page
function overview.names()
  local self = page.new()
  self:prose("help \"name\" describes each of these; help \"a:name\" takes the one of that class.")
  for _, class in ipairs(entries.classes()) do
    local names = {}
    for i, member in ipairs(entries.members(class.name)) do
      names[i] = member.name
    end
    table.sort(names)
    self:line()
    self:line(("%s (%s)"):format(class.several, class.variable), "title")
    self:prose(table.concat(names, " "), "  ")
  end
  return self
end

return overview
