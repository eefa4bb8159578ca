-- tools/data.sh, which `make run` asks for data, against a server on loopback.

local PROGRAM = os.getenv "PERIGEE" or "build/perigee"
local DATA = ("x"):rep(400000) -- data.sh believes the checksum, not the format

local folder, port

local function shell(line)
  local pipe = assert(io.popen(line))
  local output = pipe:read "a"
  local _, _, status = pipe:close()
  return output, status
end

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read "a"
  if file then
    file:close()
  end
  return text
end

local function start_server()
  local file <close> = assert(io.open(folder .. "/served", "wb"))
  file:write(DATA)
  file:close()
  local pipe = assert(io.popen(("lua5.4 tests/server.lua '%s/served'"):format(folder)))
  port = assert(pipe:read "n", "the server did not start")
  return pipe
end

--- The environment in which data.sh fetches `page`, into `cache` in the folder.
local function environment(page)
  return ("env -u PERIGEE_DATA XDG_CACHE_HOME='%s/cache' PERIGEE_MNIST_URL=http://127.0.0.1:%d%s "
    .. "PERIGEE_MNIST_SHA256=$(sha256sum <'%s/served' | cut -d ' ' -f 1) "):format(folder, port,
    page, folder)
end

--- What data.sh prints, what it says, and its status.
local function fetch(page, prefix)
  local errors = folder .. "/errors"
  local output, status = shell(("%s %s tools/data.sh '%s' 2>'%s'"):format(environment(page),
    prefix or "", PROGRAM, errors))
  return output, read(errors), status
end

local function cached()
  return (shell(("ls '%s/cache/perigee' 2>/dev/null"):format(folder)))
end

describe("tools/data.sh", function()
  local server

  setup(function()
    folder = shell("mktemp -d"):gsub("\n", "")
    server = start_server()
  end)

  before_each(function()
    os.execute(("rm -rf '%s/cache'"):format(folder))
  end)

  teardown(function()
    shell(("curl -s http://127.0.0.1:%d/quit"):format(port))
    server:close()
    os.execute(("rm -rf '%s'"):format(folder))
  end)

  it("fetches the file into the cache, whole, and the next time finds it there", function()
    local output, message = fetch "/good"
    assert.equal("mnist\n", output)
    assert.matches("^perigee: fetching MNIST, 11 MB: .*/cache/perigee/mnist.npz\n$", message)
    assert.equal("mnist.npz\n", cached())
    assert.equal(DATA, read(folder .. "/cache/perigee/mnist.npz"))
    output, message = fetch "/none"
    assert.equal("mnist\n", output)
    assert.equal("", message)
  end)

  for _, case in ipairs {
    { "is cut", "/cut", "", "curl: %(18%)" },
    { "is not there", "/none", "", "404" },
    { "has no server", "/good", "PERIGEE_MNIST_URL=http://127.0.0.1:1/", "curl: %(7%)" },
    { "has another checksum", "/good", "PERIGEE_MNIST_SHA256=0", "SHA%-256 is %x+, expected 0" },
    { "does not fit on the disk", "/good", "sh -c 'ulimit -f 100; trap \"\" XFSZ; exec \"$@\"' -",
      "curl: %(23%)" },
  } do
    local name, page, prefix, reason = table.unpack(case)
    it("falls back to digits, in one line, where the file " .. name, function()
      local output, message, status = fetch(page, prefix)
      assert.equal("digits\n", output)
      assert.equal(0, status)
      assert.matches(reason, message)
      assert.matches("^[^\n]*using digits that Perigee draws itself\n$", message)
      assert.equal("", cached())
    end)
  end

  it("falls back where there is no place for the file", function()
    local output, message = fetch("/good", "XDG_CACHE_HOME=/dev/null")
    assert.equal("digits\n", output)
    assert.matches("/dev/null", message, 1, true)
    output, message = fetch("/good", "env -u HOME XDG_CACHE_HOME=")
    assert.equal("digits\n", output)
    assert.matches("HOME is not set", message, 1, true)
  end)

  it("killed at any moment leaves no half file, and does it all the next time", function()
    for tenths = 1, 12, 2 do
      local _, _, status = fetch("/slow", ("timeout -s KILL 0.%02d"):format(tenths * 8))
      assert.equal(137, status)
      assert.is_nil(read(folder .. "/cache/perigee/mnist.npz"))
    end
    assert.equal("mnist\n", (fetch "/good"))
    assert.equal("mnist.npz\n", cached())
  end)

  it("interrupted removes what it has, and does not go on with digits", function()
    for signal, expected in pairs { INT = 130, TERM = 143 } do
      local output, _, status = fetch("/slow",
        ("setsid -w timeout --preserve-status -s %s 0.5"):format(signal))
      assert.equal("", output)
      assert.equal(expected, status)
      assert.equal("", cached())
    end
  end)

  it("started twice fetches once", function()
    local both = ("%s sh -c 'tools/data.sh \"$1\" & tools/data.sh \"$1\"; wait' - '%s' 2>&1")
      :format(environment "/slow", PROGRAM)
    local output = shell(both)
    assert.equal(2, select(2, output:gsub("mnist\n", "")))
    assert.equal("mnist.npz\n", cached())
    assert.not_matches("digits", output)
  end)
end)
