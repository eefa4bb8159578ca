-- The rates and losses that torch_schedules.py saved, and the options of each, read from the names
-- that it gave them.

local pg = require "perigee"

local HERE = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$" or "."

local torch_schedules = {}

--- "dtype=float32 schedule=step every=7" as options: those behind the schedule are its own.
local function options_of(name)
  local options = {}
  local into = options
  for option, text in name:gmatch "(%S+)=(%S+)" do
    local value = tonumber(text) or text
    if option == "schedule" then
      into = { value }
      options.schedule = into
    elseif option == "iterations" then
      options.iterations = value
    else
      into[option] = value
    end
  end
  return options
end

--- The losses that plateau was told for its rates, and the cases of a kind.
---@param kind "rates"|"losses"
---@return number[]
---@return { name: string, options: table<string, any>, found: perigee.array }[]
function torch_schedules.read(kind)
  local archive, cases = assert(pg.load(HERE .. "/torch_schedules.npz")), {}
  for _, name in ipairs(archive:keys()) do
    if name:find("^" .. kind .. " ") then
      cases[#cases + 1] = { name = name, options = options_of(name), found = archive[name] }
    end
  end
  return archive.losses:tolist(), cases
end

return torch_schedules
