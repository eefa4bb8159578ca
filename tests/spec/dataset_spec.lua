local pg = require "perigee"

local support = dofile "tests/support.lua"

local PROGRAM = os.getenv "PERIGEE" or "lua5.4"

local folder

local function shell(line)
  local pipe = assert(io.popen(line .. " 2>&1"))
  local output = pipe:read "a"
  pipe:close()
  return output
end

--- What a script prints in an environment, whose HOME is the folder unless it is
--- given.
local function run_in(environment, script)
  local path = folder .. "/script.lua"
  local file = assert(io.open(path, "w"))
  file:write(script)
  file:close()
  return (shell(("cd '%s' && env -u PERIGEE_DATA -u XDG_CACHE_HOME HOME='%s' %s %s script.lua")
    :format(folder, folder, environment, PROGRAM)):gsub("\n$", ""))
end

local function dataset_in(environment)
  return run_in(environment, [[
    local opens, data = pcall(require "perigee".dataset, "mnist")
    print(opens and data.x:item() or data)
  ]])
end

--- A folder of ours, with a mnist.npz in it whose x is that number.
local function put(path, number)
  path = folder .. "/" .. path
  assert(os.execute("mkdir -p '" .. path .. "'"))
  assert(pg.save(path .. "/mnist.npz", { x = number }))
  return path
end

before_each(function()
  folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir '" .. folder .. "'"))
end)

after_each(function()
  os.execute("rm -rf '" .. folder .. "'")
end)

describe("a data set", function()
  it("is looked for in $PERIGEE_DATA, ./data and the cache, in this order", function()
    put(".cache/perigee", 4)
    assert.equal("4.0", dataset_in "")
    local cache = put("cache/perigee", 3):gsub("/perigee$", "")
    assert.equal("4.0", dataset_in "XDG_CACHE_HOME=")
    assert.equal("3.0", dataset_in("XDG_CACHE_HOME=" .. cache))
    put("data", 2)
    assert.equal("2.0", dataset_in("XDG_CACHE_HOME=" .. cache))
    assert.equal("2.0", dataset_in "PERIGEE_DATA=")
    assert.equal("1.0", dataset_in("PERIGEE_DATA=" .. put("given", 1)))
    assert.equal("2.0", dataset_in("PERIGEE_DATA=" .. folder .. "/none"))
  end)

  it("that is nowhere raises, with all places that were looked at", function()
    local message = dataset_in "PERIGEE_DATA=given XDG_CACHE_HOME=/cache"
    assert.matches("mnist was not found", message)
    assert.matches("given/mnist.npz, ./data/mnist.npz, /cache/perigee/mnist.npz", message, 1, true)
    message = dataset_in ""
    assert.matches("./data/mnist.npz, " .. folder .. "/.cache/perigee/mnist.npz", message, 1, true)
    assert.not_matches("/.cache", dataset_in "HOME=", 1, true)
  end)

  it("is named in messages that a terminal doesn't obey", function()
    local place = "a\27[31mb"
    assert.matches("looked for a?[31mb/mnist.npz", dataset_in(("PERIGEE_DATA='%s'"):format(place)),
      1, true)
    assert(os.execute(("cd '%s' && mkdir '%s'"):format(folder, place)))
    pg.write(("%s/%s/train-images-idx3-ubyte"):format(folder, place), "")
    assert.equal("a?[31mb: it has train-images-idx3-ubyte, and no t10k-images-idx3-ubyte (or with "
      .. ".gz)", dataset_in(("PERIGEE_DATA='%s'"):format(place)))
  end)

  it("may be the four original files, plain or packed, with either name", function()
    local function idx(shape, numbers)
      return string.pack("BBBB", 0, 0, 8, #shape)
        .. string.pack(">" .. ("I4"):rep(#shape), table.unpack(shape))
        .. string.char(table.unpack(numbers))
    end
    local FILES = {
      ["train-images-idx3-ubyte"] = idx({ 2, 1, 2 }, { 1, 2, 3, 4 }),
      ["train-labels.idx1-ubyte"] = idx({ 2 }, { 5, 6 }),
      ["t10k-images.idx3-ubyte"] = idx({ 1, 1, 2 }, { 7, 8 }),
      ["t10k-labels-idx1-ubyte"] = idx({ 1 }, { 9 }),
    }
    local script = [[
      local pg = require "perigee"
      local opens, data = pcall(pg.dataset, NAME)
      if not opens then print(data) os.exit() end
      print(data.x_train:sum(), data.y_test[1], table.concat(data:keys(), " "), data:path(),
        data:get "none", #data:load().y_train, data:form "x_test")
      data:close()
      for _, misuse in ipairs {
        function() data.get "x_train" end, function() data:get() end,
        function() data:get("x_train", 1) end, function() data.other = 1 end,
      } do
        local passes, message = pcall(misuse)
        print(passes, (message:gsub("^.-: ", "")))
      end
    ]]
    for _, case in ipairs { { "mnist", "data", true }, { "mnist", "data/mnist" },
      { "fashion_mnist", "data/fashion_mnist", true }, { "fashion_mnist", "data/FashionMNIST/raw" },
    } do
      local name, place, packs = table.unpack(case)
      assert(os.execute(("rm -rf '%s/data'; mkdir -p '%s/%s'"):format(folder, folder, place)))
      for file, bytes in pairs(FILES) do
        pg.write(("%s/%s/%s"):format(folder, place, file), bytes)
      end
      if packs then
        assert(os.execute(("gzip '%s/%s/'t*"):format(folder, place)))
      end
      assert.equal(table.concat({
        "10\t9\tx_test x_train y_test y_train\t./" .. place .. "\tnil\t2\tuint8\t(1, 1, 2)",
        "false\tget is a data set's method: data:get(...), with a colon",
        "false\tbad argument #1 to 'get' (name expected, got no value)",
        "false\tbad argument #2 to 'get' (no such argument; pg.help \"get\" shows those there are)",
        "false\ta data set's files are not written to: pg.save(path, {other = ...}) makes an "
          .. "archive",
      }, "\n"),
        run_in("", script:gsub("NAME", ("'%s'"):format(name))))
      if name == "mnist" then
        os.execute(("rm '%s/%s/'train-labels*"):format(folder, place))
        assert.matches(", and no train-labels-idx1-ubyte (or with .gz)", run_in("",
          (script:gsub("NAME", "'mnist'"))), 1, true)
      end
    end
  end)

  it("that is damaged raises, with its file's name, and is not passed over", function()
    put("data", 2)
    local file = assert(io.open(put("given", 1) .. "/mnist.npz", "wb"))
    file:write "PK, but no archive"
    file:close()
    local message = dataset_in("PERIGEE_DATA=" .. folder .. "/given")
    assert.matches(folder .. "/given/mnist.npz: not an NPZ archive", message, 1, true)
  end)

  it("of digits is drawn when first asked for, and kept in the cache #slow", function()
    local script = [[
      local data = require "perigee".dataset "digits"
      print(table.concat(data.x_train.shape, " "), data.x_test.shape[1])
    ]]
    assert.equal("60000 28 28\t10000", run_in("", script))
    local names = shell("ls '" .. folder .. "/.cache/perigee'")
    assert.matches("^digits%-%d+.npz\n$", names)
    local before = shell("ls -l --full-time '" .. folder .. "/.cache/perigee'")
    assert.equal("60000 28 28\t10000", run_in("", script))
    assert.equal(before, shell("ls -l --full-time '" .. folder .. "/.cache/perigee'"))
  end)

  it("of digits raises, with the reason, where it cannot be kept", function()
    local script = "local data = require 'perigee'.dataset 'digits'"
    assert.matches("script.lua:1: there is no folder to keep drawn digits in: HOME is not set",
      run_in("HOME=", script), 1, true)
    assert.matches("script.lua:1: [^\n]*/dev/null", run_in("XDG_CACHE_HOME=/dev/null", script))
  end)

  it("is looked for behind links, and what leads nowhere is passed over", function()
    local real = put("real", 5)
    assert(os.execute(("cd '%s' && mkdir data loop && ln -s '%s/mnist.npz' data/mnist.npz && "
      .. "ln -s mnist.npz loop/mnist.npz"):format(folder, real)))
    assert.equal("5.0", dataset_in("PERIGEE_DATA=" .. folder .. "/loop"))
    assert.equal("5.0", dataset_in("PERIGEE_DATA=" .. folder .. "/script.lua"))
  end)

  it("whose place is a folder raises, and is not passed over", function()
    put("data", 2)
    assert(os.execute(("mkdir -p '%s/given/mnist.npz'"):format(folder)))
    assert.equal("given/mnist.npz: it is a directory", dataset_in "PERIGEE_DATA=given")
  end)

  it("may be the path of a file", function()
    local path = put("data", 7) .. "/mnist.npz"
    local data <close> = assert(pg.dataset(path))
    assert.equal(7.0, data.x:item())
    for name, reason in pairs { ["none.npz"] = "none.npz: No such file",
      [folder .. "/data/"] = "it is a directory", [path .. "/a.npz"] = "Not a directory",
      ["a\0.npz"] = "a path has no zero bytes" } do
      support.raises_here(reason, function() pg.dataset(name) end)
    end
  end)

  it("of an unknown name raises, and names those that there are", function()
    for _, name in ipairs { "mnits", "" } do
      local ok, message = pcall(pg.dataset, name)
      assert.is_false(ok)
      assert.matches('there is no "' .. name .. '"', message, 1, true)
      assert.matches('"mnist"', message, 1, true)
    end
    local ok, message = pcall(pg.dataset, 1)
    assert.is_false(ok)
    assert.matches("a name is needed, not a number", message, 1, true)
    assert.matches("dataset_spec.lua:%d+: ", select(2, pcall(function() pg.dataset "mnits" end)))
  end)
end)
