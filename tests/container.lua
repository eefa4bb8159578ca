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
    ("<I2I2"):pack(#m.local_name, #m.local_extra) .. m.local_name .. m.local_extra .. m.packed
end

local function entry(m)
  return ("<c4I2I2I2I2I2I2I4I4I4I2I2I2I2I2I4I4"):pack("PK\1\2", 20, 20, m.flags, m.method, 0, 0x21,
    m.crc, m.packed_size, m.size, #m.name, #m.extra, 0, 0, 0, 0, m.at) .. m.name .. m.extra
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
  return m
end

--- A ZIP archive. Of a member, `name` and `data` are needed; what else is there
--- is taken as it is. `end_record` overrides count, disk, bytes and at, and
--- gives a comment and what stands before it.
function container.zip(members, end_record)
  local e, body, directory = end_record or {}, "", ""
  for _, member in ipairs(members) do
    local m = complete(member, #body)
    body, directory = body .. local_header(m), directory .. entry(m)
  end
  local count, at = e.count or #members, e.at or #body
  return body .. directory .. (e.before or "") ..
    ("<c4I2I2I2I2I4I4s2"):pack("PK\5\6", e.disk or 0, 0, count, count, e.bytes or #directory, at,
      e.comment or "")
end

--- The ZIP64 end record and its locator, for an archive whose end record is at
--- `at` without them.
function container.zip64(at, count, bytes, directory_at, disk)
  return ("<c4I8I2I2I4I4I8I8I8I8"):pack("PK\6\6", 44, 45, 45, disk or 0, disk or 0, count, count,
    bytes, directory_at) .. ("<c4I4I8I4"):pack("PK\6\7", 0, at, 1)
end

return container
