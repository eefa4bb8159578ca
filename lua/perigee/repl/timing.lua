--- Timing at the prompt: `time(f)`, and durations as text.

local c_locale = require "perigee.util.c_locale"
local core = require "perigee.core"
local errors = require "perigee.util.errors"
local external = require "perigee.util.external"
local format = require "perigee.util.format"
local schema = require "perigee.util.schema"

local timing = {}

local found, uv = pcall(external.require, "luv")

--- Seconds of a monotonic clock; processor time without luv.
---@return number
function timing.now()
  return found and uv.hrtime() * 1e-9 or os.clock()
end

-- Each unit begins where three digits of the smaller one would round to 1000.
local UNITS = { { 0.9995, "s", 1 }, { 0.9995e-3, "ms", 1e3 }, { 0, "µs", 1e6 } }

--- "3.21 s", "1 min 05 s"
---@param seconds number
---@return string
function timing.duration(seconds)
  if seconds >= 60 then
    return format.duration(seconds)
  end
  for _, unit in ipairs(UNITS) do
    local from, name, factor = table.unpack(unit)
    if seconds >= from then
      return c_locale.format("%.3g %s", seconds * factor, name)
    end
  end
end

local function print_time_since(began, ...)
  print(timing.duration(timing.now() - began))
  return ...
end

--- Calls a function, prints how long that took, and returns its results.
---
--- With a number of calls, it prints their median, minimum and maximum, and returns nothing.
---@param f function  `function() return x:dot(y) end`
---@param calls? integer  1 or more
---@return any ...
function timing.time(f, calls)
  if type(f) ~= "function" then
    errors.raise(("time: a function is needed, as in time(function() return x:dot(y) end), not %s")
      :format(errors.describe(f)))
  elseif calls == nil then
    return print_time_since(timing.now(), core.call(f))
  end
  local n, message = schema.value("calls", schema.integer(1), calls)
  if not n then
    errors.raise("time: " .. message)
  end
  local seconds = {}
  for i = 1, n do
    local began = timing.now()
    f()
    seconds[i] = timing.now() - began
  end
  table.sort(seconds)
  print(("%s, the median of %d calls (%s to %s)"):format(
    timing.duration(seconds[(n + 1) // 2]), n, timing.duration(seconds[1]),
    timing.duration(seconds[n])))
end

return timing
