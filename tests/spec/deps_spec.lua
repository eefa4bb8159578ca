-- Missing packages: the messages of make. Nothing is installed: apt-get is not the system's.

local folder

--- Runs a command in a world of these programs alone; its output, and its exit status.
local function run(command)
  local pipe = assert(io.popen(("PATH='%s' MAKEFLAGS= %s 2>&1"):format(folder, command)))
  local output = pipe:read "a"
  local _, _, status = pipe:close()
  return output, status
end

--- A program of the world that is a shell script.
local function program(name, text)
  do
    local file <close> = assert(io.open(folder .. "/" .. name, "w"))
    file:write("#!/bin/sh\n", text, "\n")
  end
  assert(os.execute(("chmod +x '%s/%s'"):format(folder, name)))
end

before_each(function()
  folder = os.tmpname()
  os.remove(folder)
  assert(os.execute(([[
    mkdir '%s' && cd '%s' &&
    for name in sh make mkdir mv touch printf grep uname env; do
      ln -s "$(command -v "$name")" . || exit
    done]]):format(folder, folder)))
  program("apt-get", 'echo "apt-get $*"')
  program("dpkg", "")
end)

after_each(function()
  os.execute(("rm -rf '%s'"):format(folder))
end)

describe("make", function()
  it("without a compiler names make deps", function()
    local output, status = run(("make BUILD='%s/build'"):format(folder))
    assert.equal(2, status)
    assert.matches("perigee: missing, by the names of Debian's packages: gcc libc6%-dev", output)
    assert.matches("perigee: `make deps` installs them\n", output, 1, true)
    assert.not_matches("not found", output)
  end)
end)

describe("make deps", function()
  local packages = "gcc libc6-dev liblua5.4-dev libopenblas-dev zlib1g-dev"

  it("installs what is missing, as root or with sudo", function()
    program("id", "echo 0")
    assert.matches("perigee: installing " .. packages, run "make deps", 1, true)
    program("id", "echo 1000")
    program("sudo", '"$@"')
    assert.matches("perigee: installing " .. packages, run "make deps", 1, true)
  end)

  it("says that it cannot before it says that it installs", function()
    program("id", "echo 1000")
    for _, sudo in ipairs { "", "echo 'user is not in the sudoers file' >&2; exit 1" } do
      if sudo ~= "" then
        program("sudo", sudo)
      end
      local output, status = run "make deps"
      assert.equal(2, status)
      assert.matches("perigee: only root, or a user with sudo, can install " .. packages, output, 1,
        true)
      assert.not_matches("installing", output)
      assert.not_matches("apt-get", output)
    end
  end)
end)
