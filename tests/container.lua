-- NPY and ZIP bytes put together field by field, so that a spec can get any of
-- them wrong.

local container = {}

local crcs = {}
for i = 0, 255 do
  local crc = i
  for _ = 1, 8 do
    crc = crc & 1 == 1 and crc >> 1 ~ 0xEDB88320 or crc >> 1
  end
  crcs[i] = crc
end

function container.crc32(bytes)
  local crc = 0xFFFFFFFF
  for i = 1, #bytes do
    crc = crcs[(crc ~ bytes:byte(i)) & 0xFF] ~ crc >> 8
  end
  return crc ~ 0xFFFFFFFF
end

--- An NPY file with that header, as it stands, and elements.
function container.npy_with(header, elements, version)
  version = version or 1
  local length = version == 1 and "<s2" or "<s4"
  return "\x93NUMPY" .. string.char(version, 0) .. length:pack(header) .. elements
end

--- An NPY file of that descr (Python, with its quotes) and shape.
function container.npy(descr, shape, elements, version)
  local header = ("{'descr': %s, 'fortran_order': False, 'shape': %s, }\n"):format(descr, shape)
  return container.npy_with(header, elements, version)
end

--- Deflated without compressing: blocks that are stored.
function container.deflate(bytes)
  local blocks, first = {}, 1
  repeat
    local block = bytes:sub(first, first + 0xFFFE)
    first = first + #block
    blocks[#blocks + 1] = ("<I1I2I2"):pack(first > #bytes and 1 or 0, #block, ~#block & 0xFFFF)
      .. block
  until first > #bytes
  return table.concat(blocks)
end

local function local_header(m)
  return ("<c4I2I2I2I2I2I4I4I4"):pack("PK\3\4", 20, m.local_flags or m.flags,
    m.local_method or m.method, 0, 0x21, m.local_crc or m.crc, m.local_packed_size or #m.packed,
    m.local_size or m.size) ..
    ("<I2I2"):pack(#m.local_name, #m.local_extra) .. m.local_name .. m.local_extra .. m.packed ..
    m.behind
end

local function entry(m)
  return ("<c4I2I2I2I2I2I2I4I4I4I2I2I2I2I2I4I4"):pack("PK\1\2", 20, 20, m.flags, m.method, 0, 0x21,
    m.crc, m.packed_size, m.size, #m.name, #m.extra, #m.comment, m.disk, 0, 0, m.at) .. m.name ..
    m.extra .. m.comment
end

--- What is not given, as it should be.
local function complete(member, at)
  local m = {}
  for key, value in pairs(member) do
    m[key] = value
  end
  m.flags = m.flags or 0
  m.method = m.method or 0
  m.packed = m.packed or (m.method == 8 and container.deflate(m.data) or m.data)
  m.packed_size = m.packed_size or #m.packed
  m.size = m.size or #m.data
  m.crc = m.crc or container.crc32(m.data)
  m.local_name, m.local_extra = m.local_name or m.name, m.local_extra or ""
  m.extra, m.at = m.extra or "", m.at or at
  m.behind, m.comment, m.disk = m.behind or "", m.comment or "", m.disk or 0
  return m
end

--- Gives a member CRC-32 and sizes behind its data, in numbers of 4 or 8 bytes, with a signature
--- or without.
function container.describe(member, bytes, signature)
  local m = complete(member, 0)
  m.flags, m.at = m.flags | 8, nil
  m.local_crc, m.local_size, m.local_packed_size = 0, 0, 0
  m.behind = (signature and "PK\7\8" or "") ..
    ("<I4I%dI%d"):format(bytes, bytes):pack(m.crc, #m.packed, m.size)
  return m
end

--- Gives a member ZIP64 fields for its sizes, and in the directory for its offset, too.
function container.widen(member, at)
  local m = complete(member, at)
  local sizes = ("<I8I8"):pack(m.size, #m.packed)
  m.local_extra = m.local_extra .. ("<I2s2"):pack(1, sizes)
  m.extra = m.extra .. ("<I2s2"):pack(1, sizes .. ("<I8"):pack(at))
  m.local_size, m.local_packed_size = 0xffffffff, 0xffffffff
  m.size, m.packed_size, m.at = 0xffffffff, 0xffffffff, 0xffffffff
  return m
end

--- A ZIP archive. Of a member, `name` and `data` are needed; what else is there
--- is taken as it is, and `zip64` asks for ZIP64 fields. `end_record` overrides
--- count, disk, bytes and at, and gives a comment, what stands before it, before
--- the archive (`prefix`) and `behind` it; `zip64` asks for a ZIP64 record.
function container.zip(members, end_record)
  local e, body, directory = end_record or {}, "", ""
  for _, member in ipairs(members) do
    local m = member.zip64 and container.widen(member, #body) or complete(member, #body)
    body, directory = body .. local_header(m), directory .. entry(m)
  end
  local count, bytes, at, disk = #members, #directory, #body, e.disk or 0
  local before = e.before or ""
  if e.zip64 then
    before = container.zip64(at + bytes, count, bytes, at)
    count, bytes, at, disk = 0xffff, 0xffffffff, 0xffffffff, 0xffff
  end
  count = e.count or count
  return (e.prefix or "") .. body .. directory .. before ..
    ("<c4I2I2I2I2I4I4s2"):pack("PK\5\6", disk, e.zip64 and disk or 0, count, count,
      e.bytes or bytes, e.at or at, e.comment or "") .. (e.behind or "")
end

--- The ZIP64 end record and its locator, for an archive whose end record is at
--- `at` without them.
function container.zip64(at, count, bytes, directory_at, disk)
  return ("<c4I8I2I2I4I4I8I8I8I8"):pack("PK\6\6", 44, 45, 45, disk or 0, disk or 0, count, count,
    bytes, directory_at) .. ("<c4I4I8I4"):pack("PK\6\7", 0, at, 1)
end

return container
