--- The pages that help begins with: the way in, and the list of all names.

local entries = require "perigee.help.entries"
local page = require "perigee.help.page"

local start = {}

local WAY_IN = [[
pg = require "perigee"               the module; all functions: help(pg)
data = pg.dataset "digits"           or "mnist"; or pg.load "file.npz"
x, y = data.x_train, data.y_train    arrays: x.shape, x[1], x["1:10"], x:mean()
m = pg.Model(x, y, {hidden = 100, scale = 1/255, seed = 0})
cost = m:fit{iterations = 100, rate = 0.5, progress = true}
m:score(data.x_test, data.y_test)    the part that it gets right
pg.show(x[1])   pg.plot(cost)        a picture, and a curve
m:save "m.npz"                       and back: pg.Model.load("m.npz", x, y)
sweep = require "perigee.sweep"      many trainings: help(sweep)

help(pg.plot)   help "m:fit"   ?fit  how a function is called, with an example
help(m)   help(x)   ?data            what a value has and can do
help "batch"   help(your_function)   an option; the comment above your function
help "all"                           all names

who()   the variables      time(f)                how long a call takes
edit()  the last chunk in  save_session("s.lua")  the lines that worked
        $EDITOR            _                      the last value
;  at a line's end: no value is shown       Tab     completes names
Ctrl-C  stops what runs, clears the line    Ctrl-D  leaves]]

--- What to type first, and how to ask for more.
---@return perigee.help.page
function start.way_in()
  local self = page.new()
  for line in WAY_IN:gmatch "[^\n]*" do
    self:line(line)
  end
  return self
end

--- All names, under their classes.
---@return perigee.help.page
function start.names()
  local self = page.new()
  self:prose("help \"name\" tells about each of these; help \"a:name\" says of which class one is "
    .. "meant.")
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

return start
