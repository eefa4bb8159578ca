--- The hash of a text or a file, by which trials, data and scripts are recognised.

local hash = {}

--- Mixes the bits of a hash by the last step of MurmurHash3, so that similar texts have different
--- hashes.
local function mix(bits)
  bits = (bits ~ bits >> 33) * 0xff51afd7ed558ccd
  bits = (bits ~ bits >> 33) * 0xc4ceb9fe1a85ec53
  return bits ~ bits >> 33
end

--- The 64-bit FNV-1a hash (Fowler, Noll and Vo) of a text, mixed, as 16 hexadecimal digits.
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

--- The hash of a file's text; nil where it cannot be read.
---@param path string
---@return string?
function hash.file(path)
  local file <close> = io.open(path, "rb")
  local text = file and file:read "a"
  return text and hash.of(text)
end

return hash
