-- Folders and other programs, for the library's own use.

local fs = require "perigee.util.fs"
local process = require "perigee.util.process"

describe("a program", function()
  it("is given its input, and gives its output", function()
    assert.equal("one\n", process.run("cat", {}, "one\n"))
    assert.equal("a b|\n", process.run("printf", { "%s|\\n", "a b" }, ""))
    local long = ("x"):rep(1000000)
    assert.equal(long, process.run("cat", {}, long))
  end)

  it("need not read", function()
    assert.equal("", process.run("true", {}, ("x"):rep(1000000)))
  end)

  it("that fails or is not there gives nil and why", function()
    local script = "echo yes; echo no >&2; exit 3"
    assert.same({ nil, "no\n" }, { process.run("sh", { "-c", script }, "") })
    assert.same({ nil, "sh: exit status 3" }, { process.run("sh", { "-c", "exit 3" }, "") })
    assert.same({ nil, "sh: exit status 137" }, { process.run("sh", { "-c", "kill -9 $$" }, "") })
    local none, message = process.run("no such program", {}, "")
    assert.is_nil(none)
    assert.matches("^no such program: ENOENT", message)
  end)
end)

describe("a folder", function()
  it("is made with those above it, and may be there", function()
    local root = os.tmpname()
    os.remove(root)
    for _, path in ipairs { "/a/b", "/a/b", "/a//c/", "" } do
      assert.is_true(fs.make_folder(root .. path))
    end
    assert.is_true(os.rename(root .. "/a/c", root .. "/a/d"))
    os.execute("rm -r '" .. root .. "'")
  end)

  it("that cannot be made gives nil and why", function()
    local path = os.tmpname()
    for _, name in ipairs { path, path .. "/below", "/proc/none/below" } do
      local made, message = fs.make_folder(name)
      assert.is_nil(made)
      assert.matches("^E%u+: ", message)
    end
    os.remove(path)
  end)
end)
