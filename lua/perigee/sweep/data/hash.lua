--- The hash of a text or a file, by which trials, data and scripts are recognised.

local hash = {}

--- The 64-bit FNV-1a hash (Fowler, Noll and Vo) of a text, as 16 hexadecimal digits. The last step
--- of MurmurHash3 mixes its bits, so that similar texts have different hashes.
---@param text string
---@return string
function hash.of(text)
  local bits = 0xcbf29ce484222325 -- the offset basis
  for at = 1, #text, 64 do
    for _, byte in ipairs { text:byte(at, at + 63) } do
      bits = (bits ~ byte) * 0x100000001b3
    end
  end
  bits = (bits ~ bits >> 33) * 0xff51afd7ed558ccd
  bits = (bits ~ bits >> 33) * 0xc4ceb9fe1a85ec53
  return ("%016x"):format(bits ~ bits >> 33)
end

--- The hash of a file's text; nil if it cannot be read.
---@param path string
---@return string?
function hash.file(path)
  local file <close> = io.open(path, "rb")
  local text = file and file:read "a"
  return text and hash.of(text)
end

return hash
