-- make install and make uninstall, into a folder of our own.

local root, prefix, build

--- What a command prints, and whether it went well.
local function shell(line)
  local pipe = assert(io.popen(line .. " 2>&1"))
  local output = pipe:read "a"
  return output, pipe:close()
end

--- `make TARGET` as a user's: without what the make that runs the specs hands on. The module for
--- MPI is the given file, or was not built.
local function make(target, mpi_module)
  return shell(("env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make %s BUILD='%s' DESTDIR='%s' "
    .. "PREFIX=/opt MPI_MODULE='%s' -o all"):format(target, build, root, mpi_module or "not_built"))
end

local function files()
  return (shell(("cd '%s' && find . ! -type d | sort"):format(root)))
end

describe("make install", function()
  setup(function()
    root = os.tmpname()
    os.remove(root)
    root = root .. " with a space"
    prefix = root .. "/opt"
    assert(os.execute("mkdir '" .. root .. "'"))
    -- What is installed is the build that runs the specs.
    build = (os.getenv "PERIGEE" or "build/perigee"):match "^(.*)/"
  end)

  teardown(function()
    os.execute("rm -r '" .. root .. "'")
  end)

  it("puts the files where programs and editors look for them", function()
    local built = os.tmpname()
    assert.equal("", (make("install", built)))
    os.remove(built)
    local list = files()
    for _, name in ipairs {
      "bin/perigee", "lib/lua/5.4/perigee.so", "lib/lua/5.4/perigee_mpi.so",
      "share/lua/5.4/perigee/init.lua",
      "share/lua/5.4/perigee/model/model.lua", "share/lua/5.4/perigee/mpi.lua",
      "share/lua/5.4/perigee/mpi/communicator.lua", "share/perigee/meta/perigee.lua",
      "share/man/man1/perigee.1",
    } do
      assert.truthy(list:find("./opt/" .. name .. "\n", 1, true), name)
    end
    assert.not_matches("%.part", list)
    assert.equal("", (make "install"), "a second time, without the module for MPI")
    assert.equal((list:gsub("[^\n]*perigee_mpi[^\n]*\n", "")), files())
  end)

  local SCRIPT = [[-e 'print(require("perigee").eye(2):sum(), package.loaded.perigee._VERSION)']]

  it("makes a program that finds its module from anywhere, and through a link", function()
    assert(os.execute(("ln -s '%s/bin/perigee' '%s/linked'"):format(prefix, root)))
    for _, program in ipairs { prefix .. "/bin/perigee", root .. "/linked" } do
      local output = shell(("cd / && env -u LUA_PATH -u LUA_CPATH '%s' %s"):format(program, SCRIPT))
      assert.matches("^2.0\tPerigee ", output)
    end
    os.remove(root .. "/linked")
  end)

  it("serves a stock lua5.4 #stock", function()
    local output = shell(("cd / && LUA_PATH='%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua' "
      .. "LUA_CPATH='%s/lib/lua/5.4/?.so' lua5.4 %s"):format(prefix, prefix, prefix, SCRIPT))
    assert.matches("^2.0\tPerigee ", output)
  end)

  it("is taken away by make uninstall, and nothing of anyone else's", function()
    local others = { prefix .. "/bin/other", prefix .. "/lib/lua/5.4/other.so" }
    assert(io.open(prefix .. "/lib/lua/5.4/perigee_mpi.so", "w")):close()
    for _, path in ipairs(others) do
      assert(io.open(path, "w")):close()
    end
    assert.equal("", (make "uninstall"))
    assert.equal("./opt/bin/other\n./opt/lib/lua/5.4/other.so\n", files())
    for _, path in ipairs(others) do
      os.remove(path)
    end
    assert.equal("", (make "uninstall"), "a second time")
    local folders = shell(("cd '%s' && find . -mindepth 1 -type d -empty | sort"):format(prefix))
    assert.equal("./bin\n./lib\n./share/man\n", folders)
  end)
end)
