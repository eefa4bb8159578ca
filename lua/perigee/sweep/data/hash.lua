--- By what trials and scripts are known again.
--
-- A trial is what it is made of: a canonical text of its values, hashed. Where it stands in a grid
-- does not count.

local json = require "perigee.util.json"

local hash = {}

--- So that texts that are nearly the same have hashes that are not: MurmurHash3's last step.
local function mix(bits)
  bits = (bits ~ bits >> 33) * 0xff51afd7ed558ccd
  bits = (bits ~ bits >> 33) * 0xc4ceb9fe1a85ec53
  return bits ~ bits >> 33
end

--- Fowler, Noll and Vo's hash, FNV-1a with 64 bits, mixed, as 16 digits.
---@param text string
---@return string
function hash.of(text)
  local bits = 0xcbf29ce484222325 -- the offset basis
  for at = 1, #text, 64 do
    for _, byte in ipairs { text:byte(at, at + 63) } do
      bits = (bits ~ byte) * 0x100000001b3
    end
  end
  return ("%016x"):format(mix(bits))
end

--- What a trial is known by.
---@param values table<string, any>  its parameters and settings
---@param round integer  which of the repeats it is
---@param seed integer
---@param data? string  the fingerprint of its data
---@return string
function hash.trial(values, round, seed, data)
  return hash.of(json.encode {
    data = data, ["repeat"] = round, seed = seed, values = values,
  })
end

-- --- scripts ----------------------------------------------------------------------

--- The hash of a file's text; nil where it cannot be read.
---@param path string
---@return string?
function hash.file(path)
  local file <close> = io.open(path, "rb")
  local text = file and file:read "a"
  return text and hash.of(text)
end

return hash
