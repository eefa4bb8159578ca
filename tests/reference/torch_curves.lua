-- The losses that torch_curves.py saved, and the options of each, read from the
-- names that it gave them.

local pg = require "perigee"

local HERE = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."

local torch_curves = {}

--- "16,12" as a list; what stands alone by itself.
function torch_curves.value_of(text)
  local list = {}
  for word in text:gmatch "[^,]+" do
    list[#list + 1] = tonumber(word) or word
  end
  return #list > 1 and list or list[1]
end

--- "float32 hidden=16 rate=0.1" as options.
local function options_of(name)
  local options = { dtype = name:match "^%S+" }
  for option, text in name:gmatch "(%S+)=(%S+)" do
    options[option] = torch_curves.value_of(text)
  end
  return options
end

--- A list of cases: the name, what pg.Model is told, and the loss before each update.
---@param path? string  the file, the specs' unless given
---@return { name: string, options: table<string, any>, losses: perigee.array }[]
function torch_curves.cases(path)
  local archive, cases = assert(pg.load(path or HERE .. "/torch_curves.npz")), {}
  for i, name in ipairs(archive:keys()) do
    cases[i] = { name = name, options = options_of(name), losses = archive[name] }
  end
  return cases
end

return torch_curves
