-- The losses that torch_losses.py saved, with what pg.Model is told, and y, made
-- again from curve's data.

local pg = require "perigee"

local HERE = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."
local curve = dofile(HERE .. "/curve.lua")
local torch_curves = dofile(HERE .. "/torch_curves.lua")
local PATH = HERE .. "/torch_losses.npz"

local torch_losses = {}

--- The sum of 16 pixels of each row, in thousands.
local function brightness(pixels, first)
  return pixels:cols(first, first + 15):astype("int64"):sum(2) / 1000
end

--- y, by the names that cases have.
---@return table<string, perigee.array>
function torch_losses.targets()
  local labels, pixels = curve.labels(), curve.pixels()
  local next_labels = (labels + pg.range(0, #labels - 1)) % 10
  local several = {}
  for i = 1, 3 do
    several[i] = brightness(pixels, 16 * i - 15):reshape(-1, 1)
  end
  return {
    labels = labels, few = pg.minimum(labels, 3), odd = labels % 2,
    soft = pg.onehot(labels, 10) * 0.75 + pg.onehot(next_labels, 10) * 0.25,
    likely = (labels * 2 + 1) / 20, real = brightness(pixels, 1), several = pg.concat(several, 2),
  }
end

--- A list of cases: the name, what pg.Model is told, the name of y, and the loss before each update.
---@return { name: string, options: table<string, any>, y: string, losses: perigee.array }[]
function torch_losses.cases()
  local cases = {}
  for _, case in ipairs(torch_curves.cases(PATH)) do
    if case.options.y then
      case.y, case.options.y = case.options.y, nil
      cases[#cases + 1] = case
    end
  end
  return cases
end

--- scikit-learn's balanced weights of the labels "few".
---@return perigee.array
function torch_losses.balanced()
  return pg.load(PATH).balanced
end

return torch_losses
