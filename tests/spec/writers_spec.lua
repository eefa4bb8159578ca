--- Files in the forms that other programs write, which NumPy reads.

local pg = require "perigee"

local HERE = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$" or "."
local container = dofile(HERE .. "/../container.lua")

local path

before_each(function()
  path = os.tmpname()
end)

after_each(function()
  os.remove(path)
end)

local function load(bytes)
  pg.write(path, bytes)
  return pg.load(path)
end

--- Loading those bytes raises a message with the path and that text.
local function fails(text, bytes)
  local worked, message = pcall(load, bytes)
  assert.is_false(worked)
  assert.matches(path, message, 1, true)
  assert.matches(text, message, 1, true)
end

local ELEMENTS = "\1\2\3\4"
local ARRAY = container.npy("'|u1'", "(4,)", ELEMENTS)

local function member(fields)
  fields.name, fields.data = fields.name or "x.npy", fields.data or ARRAY
  return fields
end

--- The archive of those members gives x.
local function gives(members, end_record)
  local data <close> = load(container.zip(members, end_record))
  assert.same({ 1, 2, 3, 4 }, data.x:tolist())
end

-- --- NPY -----------------------------------------------------------------------------

describe("a header", function()
  local function header(text)
    return container.npy_with(text, ELEMENTS)
  end

  it("may be spaced, quoted and ordered as Python allows", function()
    for _, text in ipairs {
      "{'descr':'|u1','fortran_order':False,'shape':(4,)}",
      "{ 'shape' : ( 4 , ) , 'fortran_order' : False , 'descr' : '|u1' , }\n",
      '{"descr": "|u1", "fortran_order": False, "shape": (4,)}   \n',
      "{u'descr': u'|u1', u'fortran_order': False, u'shape': (4L,)}",
      "{'descr': '|u1',\n 'fortran_order': False,\n\t'shape': (4,),\n}\n\n",
      "  {'descr': r'|u1', 'fortran_order': False, 'shape': (4,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (4,)} # four bytes",
      "{'descr': # the dtype\n '|u1', 'fortran_order': False, 'shape': (4,)}\n",
      "{'de' 'scr': '''|u1''', 'fortran_order': False, 'shape': \\\n(4,)}",
      "{'\\x64escr': '\\u007cu1', 'fortran_order': False, 'shape': (4,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (4,), 'descr': '|u1'}",
    } do
      assert.same({ 1, 2, 3, 4 }, load(header(text)):tolist(), text)
    end
  end)

  it("that Python would not read is refused", function()
    for _, text in ipairs {
      "{'descr': '|u1', 'fortran_order': False, 'shape': (4,),,}", "{'descr': '|u1'",
      "{'descr' '|u1', 'fortran_order': False, 'shape': (4,)}",
      "['descr', 'fortran_order', 'shape']",
      "{b'descr': '|u1', 'fortran_order': False, 'shape': (4,)}",
      "{'descr': '|u1', 'fortran_order': false, 'shape': (4,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (4,)", "{'descr\\", "{'", "{u", "#", "\\",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (4,)}{}", "{'descr': ", "{'descr': '\\x4",
    } do
      fails("", header(text))
    end
  end)

  it("of another version is refused", function()
    for version, found in pairs { ["\0\0"] = "0.0", ["\1\1"] = "1.1", ["\4\0"] = "4.0" } do
      fails("1.0, 2.0 or 3.0 was expected, found " .. found,
        ARRAY:sub(1, 6) .. version .. ARRAY:sub(9))
    end
  end)

  it("may name a dtype in any of NumPy's ways", function()
    local spellings = {
      bool = "? b1 |b1 <? =b1 |? bool bool_ bool8",
      int8 = "b i1 |i1 <i1 >b byte int8", uint8 = "B u1 |u1 =B ubyte uint8",
      int16 = "h i2 <i2 =h |i2 short int16", uint16 = "H u2 <H ushort uint16",
      int32 = "i i4 <i4 <i =i4 intc int32", uint32 = "I u4 <I uintc uint32",
      int64 = "l q p i8 <l <q =i8 |i8 int int_ intp long longlong int64 int0",
      uint64 = "L Q P u8 <L =Q uint uintp ulong ulonglong uint64 uint0",
      float32 = "f f4 <f =f4 |f4 single float32", half = "e f2 <e =f2 half float16",
      float64 = "d f8 <d =f8 |f8 double float float_ float64",
    }
    for dtype, list in pairs(spellings) do
      for text in list:gmatch "%S+" do
        local bytes = dtype == "half" and 2 or tonumber(dtype:match "%d+" or 8) // 8
        local a = load(container.npy("'" .. text .. "'", "(2,)", ("\1"):rep(2 * bytes)))
        assert.equal(dtype == "half" and "float32" or dtype, a.dtype, text)
        assert.equal(2, a.size)
      end
    end
    assert.same({ 258 }, load(container.npy("'>h'", "(1,)", "\1\2")):tolist())
    assert.same({ 1.5 }, load(container.npy("'>d'", "(1,)", (">d"):pack(1.5))):tolist())
  end)

  it("with a dtype that is not read says how to convert it", function()
    for descr, text in pairs {
      ["'c16'"] = "a.real", ["'F'"] = "a.real", ["'<U3'"] = "np.unique", ["'S'"] = "np.unique",
      ["'O'"] = "a.astype(float)", ["'M8[ns]'"] = "np.int64", ["'<m8'"] = "np.int64",
      ["'V3'"] = "a['name']", ["[('a', '<i4'), ('b', '<f8')]"] = "a['name']",
      ["'g'"] = "np.float64", ["'f16'"] = "np.float64", ["'<float64'"] = "", ["'i3'"] = "",
      ["'<<f8'"] = "", ["''"] = "", ["'<'"] = "", ["'f8 '"] = "", ["'int128'"] = "",
      ["('<f8', (2,))"] = "", ["5"] = "",
    } do
      fails(("arrays of dtype %s are not read"):format(descr), container.npy(descr, "(1,)", ""))
      fails(text, container.npy(descr, "(1,)", ""))
    end
  end)
end)

describe("bytes behind an array", function()
  it("are ignored in a file, of which the first array is read", function()
    assert.same({ 1, 2, 3, 4 }, load(ARRAY .. ARRAY):tolist())
    assert.same({ 1, 2, 3, 4 }, load(ARRAY .. "\n"):tolist())
    assert.same({ 0 }, load(container.npy("'<f8'", "(0,)", "more")).shape)
  end)

  it("are ignored in a member, but for its CRC-32", function()
    for _, method in ipairs { 0, 8 } do
      gives { member { data = ARRAY .. ("more"):rep(10000), method = method } }
      local data <close> = load(container.zip { member { data = ARRAY .. "more", method = method,
        crc = container.crc32(ARRAY) } })
      local worked, message = pcall(data.get, data, "x")
      assert.is_false(worked)
      assert.matches("member 'x.npy': CRC-32", message, 1, true)
    end
  end)
end)

-- --- names of members ----------------------------------------------------------------

describe("a member without .npy", function()
  it("is an array if it begins as one", function()
    local data <close> = load(container.zip {
      { name = "README.txt", data = "hello" }, { name = "a", data = ARRAY },
      { name = "b.NPY", data = ARRAY, method = 8 }, { name = "folder/", data = "" },
      { name = "folder/c", data = ARRAY }, { name = "short", data = "\x93NUM" },
      { name = "empty", data = "" },
    })
    assert.same({ 1, 2, 3, 4 }, data.a:tolist())
    assert.same({ "a", "b.NPY", "folder/c" }, data:keys())
    assert.same({ 1, 2, 3, 4 }, data:get("b.NPY"):tolist())
    assert.is_nil(data:get "README.txt")
    assert.is_nil(data:get "short")
    assert.equal(container.crc32(ARRAY), data:checksum "folder/c")
  end)

  it("that is damaged may have been one: it is listed, and fails", function()
    local data <close> = load(container.zip {
      { name = "a", data = "\x93numPY" .. ARRAY:sub(7), crc = container.crc32(ARRAY) },
      { name = "secret", data = "hello", flags = 1 }, { name = "c", data = "hello", method = 12 },
      { name = "d", data = ARRAY, local_method = 8 }, { name = "x.npy", data = ARRAY },
    })
    assert.same({ "a", "secret", "c", "d", "x" }, data:keys())
    for name, text in pairs { a = "not an NPY array", secret = "encrypted", c = "method 12 (bzip2)",
      d = "method 8, not 0" } do
      local worked, message = pcall(data.get, data, name)
      assert.is_false(worked)
      assert.matches(("member '%s': "):format(name), message, 1, true)
      assert.matches(text, message, 1, true)
    end
    assert.same({ 1, 2, 3, 4 }, data.x:tolist())
  end)

  it("shares no name with one that has it", function()
    local function array(n)
      return container.npy("'|u1'", "()", string.char(n))
    end
    local data <close> = load(container.zip {
      { name = "a.npy.npy", data = array(1) }, { name = "a.npy", data = array(2) },
      { name = "a", data = array(3) }, { name = "b.npy", data = array(4) },
      { name = "b.npy.npy", data = array(5) }, { name = "c", data = "hello" },
      { name = "c.npy", data = array(6) }, { name = ".npy", data = array(7) },
    })
    local found = {}
    assert.same({ "a.npy.npy", "a.npy", "a", "b", "b.npy", "c", "" }, data:keys())
    for i, name in ipairs(data:keys()) do
      found[i] = data:get(name):item()
    end
    assert.same({ 1, 2, 3, 4, 5, 6, 7 }, found)
  end)
end)

describe("a member's name", function()
  it("is UTF-8 with its flag, and in code page 437 without it", function()
    local data <close> = load(container.zip {
      { name = "\xe9.npy", data = ARRAY }, { name = "\u{e9}.npy", data = ARRAY, flags = 1 << 11 },
      { name = "\x80\xff\xdb.npy", data = ARRAY },
    })
    assert.same({ "\u{398}", "\u{e9}", "\u{c7}\u{a0}\u{2588}" }, data:keys())
    assert.same({ 1, 2, 3, 4 }, data:get("\u{398}"):tolist())
  end)

  it("in two encodings is one name", function()
    gives { member { local_flags = 1 << 11 } }
    local data <close> = load(container.zip {
      { name = "\u{e9}.npy", data = ARRAY, flags = 1 << 11, local_name = "\x82.npy",
        local_flags = 0 },
    })
    assert.same({ 1, 2, 3, 4 }, data:get("\u{e9}"):tolist())
    local other <close> = load(container.zip {
      { name = "\u{e9}.npy", data = ARRAY, flags = 1 << 11, local_flags = 0 },
    })
    assert.is_false((pcall(other.keys, other)))
  end)

  it("twice refuses the archive, also in two encodings", function()
    fails("two members have this name", container.zip {
      { name = "\u{e9}.npy", data = ARRAY, flags = 1 << 11 }, { name = "\x82.npy", data = ARRAY },
    })
  end)
end)

-- --- the container -------------------------------------------------------------------

describe("an archive", function()
  local y = { name = "y.npy", data = ARRAY }

  it("may have anything in local headers but another name or method", function()
    for _, fields in ipairs {
      { local_crc = 0 }, { local_crc = 1 }, { local_size = 0, local_packed_size = 0 },
      { local_size = 5 }, { local_size = 0xffffffff, local_packed_size = 0xffffffff },
      { local_flags = 8 }, { flags = 8 }, { flags = 8, local_flags = 0, local_crc = 0 },
      { local_extra = "\0\0\0" }, { local_extra = ("<I2s2"):pack(1, ("\0"):rep(16)) },
      { zip64 = true }, { behind = "bytes" }, { comment = "a comment" },
    } do
      gives({ member(fields), y })
    end
    for _, bytes in ipairs { 4, 8 } do
      for _, signature in ipairs { true, false } do
        gives { container.describe(member { method = 8 }, bytes, signature), y }
        gives { container.describe(member {}, bytes, signature), y }
      end
    end
  end)

  it("gives no checksum where its headers differ", function()
    local data <close> = load(container.zip { member { local_crc = 1 }, member { name = "z.npy",
      local_size = 5 } })
    for _, name in ipairs { "x", "z" } do
      local worked, message = pcall(data.checksum, data, name)
      assert.is_false(worked)
      assert.matches("its own header and the directory differ", message, 1, true)
    end
  end)

  it("may have bytes before it", function()
    gives({ member {}, y }, { prefix = "#!/bin/sh\nexit\n" })
    gives({ member {}, y }, { prefix = "#!/bin/sh\nexit\n", zip64 = true })
    gives({ member {}, y }, { prefix = container.zip { { name = "old.npy", data = ARRAY } } })
    fails("not where its end record says", container.zip({ member {} }, { prefix = "PK\3\4" }))
  end)

  it("may have up to 64 kB behind it", function()
    for _, behind in ipairs { "\n", "\0", ("\0"):rep(512), ("x"):rep(65000), "PK", "PK\5",
      "PK\7\8" } do
      gives({ member {}, y }, { behind = behind })
      gives({ member {}, y }, { comment = "a comment", behind = behind, zip64 = true })
    end
    fails("its end record was not found",
      container.zip({ member {} }, { behind = ("x"):rep(70000) }))
    fails("records of another archive follow", container.zip({ member {} }, { behind = "PK\3\4" }))
  end)

  it("may have a comment like an end record", function()
    for _, comment in ipairs { "PK\5\6", "PK\5\6" .. ("\0"):rep(18), ("PK\5\6"):rep(20),
      ("x"):rep(65535) } do
      gives({ member {}, y }, { comment = comment })
    end
  end)

  it("may leave any of its numbers to a ZIP64 record", function()
    gives({ member {}, y }, { zip64 = true })
    gives({ member { zip64 = true }, y }, { zip64 = true })
    for _, fields in ipairs { {}, { count = 2 }, { disk = 0 } } do
      fields.zip64 = true
      gives({ member {}, y }, fields)
    end
    local wide = container.zip({ member {}, y }, { zip64 = true })
    local record = wide:find("PK\6\6", 1, true)
    local extended = wide:sub(1, record + 3) .. ("<I8"):pack(44 + 10) ..
      wide:sub(record + 12, record + 55) .. ("e"):rep(10) .. wide:sub(record + 56)
    local data <close> = load(extended)
    assert.same({ "x", "y" }, data:keys())
    fails("several disks", wide:sub(1, record + 55) .. ("<c4I4I8I4"):pack("PK\6\7", 0, record - 1,
      2) .. wide:sub(-22))
    fails("ZIP64 record is missing", wide:sub(1, record - 1) .. wide:sub(-22))
  end)

  it("may have bytes between its members, and between directory and end", function()
    gives { member { behind = ("x"):rep(9) }, y }
    gives({ member {}, y }, { before = "PK\5\5" .. ("\4\0sign") })
    fails("directory has more bytes than its end record says",
      container.zip({ member {}, y }, { before = "PK\1\2" .. ("x"):rep(60) }))
  end)

  it("may have more members than 16 bits count", function()
    local members = {}
    for i = 1, 65537 do
      members[i] = { name = ("n%d"):format(i), data = "", crc = 0 }
    end
    members[1] = member {}
    local locals, entries = {}, {}
    local at = 0
    for i, each in ipairs(members) do
      local bytes = container.zip { each }
      local entry = bytes:find("PK\1\2", 1, true)
      locals[i], entries[i] = bytes:sub(1, entry - 1), bytes:sub(entry, -23)
      entries[i] = entries[i]:sub(1, 42) .. ("<I4"):pack(at) .. entries[i]:sub(47)
      at = at + #locals[i]
    end
    local directory = table.concat(entries)
    local function with_count(count)
      return table.concat(locals) .. directory ..
        ("<c4I2I2I2I2I4I4I2"):pack("PK\5\6", 0, 0, count, count, #directory, at, 0)
    end
    for _, count in ipairs { 1, 65535 } do -- modulo 65536, or the greatest
      local data <close> = load(with_count(count))
      assert.same({ "x" }, data:keys())
      assert.same({ 1, 2, 3, 4 }, data.x:tolist())
    end
    fails("65537 members", with_count(2))
  end)

  it("that macOS made has no arrays among its resource forks", function()
    local fork = "\0\5\22\7\0\2\0\0Mac OS X        "
    local data <close> = load(container.zip { member {}, { name = "__MACOSX/._x.npy", data = fork },
      { name = "__MACOSX/._y", data = fork } })
    assert.same({ "x" }, data:keys())
    assert.same({ 1, 2, 3, 4 }, data:load().x:tolist())
    assert.is_nil(data:load()["__MACOSX/._x"])
  end)

  it("over several disks is refused", function()
    fails("several disks", container.zip({ member {} }, { disk = 1 }))
    fails("member 'x.npy': it is on another disk", container.zip { member { disk = 1 } })
    gives { member { disk = 0xffff, extra = ("<I2s2"):pack(1, "\0\0\0\0") } }
  end)

  it("without members opens", function()
    for _, fields in ipairs { {}, { zip64 = true }, { comment = "none" }, { behind = "\n" },
      { prefix = "other bytes" } } do
      local data <close> = load(container.zip({}, fields))
      assert.same({}, data:keys())
    end
  end)

  it("cut in the middle of a member that is an archive is no archive", function()
    local inner = container.zip { { name = "inner.npy", data = ARRAY } }
    local whole = container.zip { member { data = container.npy("'|u1'", ("(%d,)"):format(#inner),
      inner) } }
    local stop = select(2, whole:find(inner, 1, true))
    fails("not where its end record says", whole:sub(1, stop))
    fails("records of another archive follow", whole:sub(1, -23))
  end)
end)
