-- pg.load_folder: pictures in a folder for each class.

local pg = require "perigee"

local support = dofile "tests/support.lua"

local raises_here = support.raises_here

local folder

local function shell(...)
  assert(os.execute((...):format(select(2, ...))))
end

--- Saves a picture as CLASS/NAME.
local function put(name, picture)
  shell("mkdir -p '%s/%s'", folder, name:match "^(.*)/")
  local path = folder .. "/" .. name
  pg.save_png(path:match "%.[pP][nN][gG]$" and path or path .. ".png", picture)
end

local function grey(value)
  return pg.full({ 2, 3 }, value, "uint8")
end

before_each(function()
  folder = os.tmpname()
  os.remove(folder)
  shell("mkdir '%s'", folder)
end)

after_each(function()
  os.execute("rm -rf '" .. folder .. "'")
end)

describe("load_folder", function()
  it("reads grey pictures, classes and files sorted by their bytes", function()
    put("dog/b.png", grey(3))
    put("dog/B.PNG", grey(2))
    put("cat/10.png", grey(4))
    put("cat/2.png", grey(5))
    put("Zebra/1.png", grey(1))
    local x, y, classes = pg.load_folder(folder)
    assert.same({ "Zebra", "cat", "dog" }, classes)
    assert.same({ "uint8", "int64" }, { x.dtype, y.dtype })
    assert.same({ 5, 2, 3 }, { table.unpack(x.shape) })
    assert.same({ 1, 4, 5, 2, 3 }, x[":, 1, 1"]:tolist())
    assert.same({ 0, 1, 1, 2, 2 }, y:tolist())
    assert.same({ 5, 2, 3 }, { table.unpack(pg.load_folder(folder .. "/").shape) })
  end)

  it("puts colours before height and width, and leaves opaque alpha out", function()
    local colours = pg.range(0, 17):reshape(2, 3, 3):astype "uint8"
    put("a/1.png", colours)
    put("a/2.png", pg.concat({ colours, pg.full({ 2, 3, 1 }, 255, "uint8") }, 3))
    local x = pg.load_folder(folder)
    assert.same({ 2, 3, 2, 3 }, { table.unpack(x.shape) })
    assert.is_true(x[1]:array_equal(colours:transpose(3, 1, 2)))
    assert.is_true(x[2]:array_equal(x[1]))
    put("a/3.png", pg.full({ 2, 3, 4 }, 254, "uint8"))
    raises_here("/a/3.png: a picture with transparent pixels (row 1, column 1)", function()
      pg.load_folder(folder)
    end)
  end)

  it("names the first file of another size or kind, on any number of threads", function()
    for i = 1, 100 do
      put(("a/%03d.png"):format(i), i < 60 and grey(i) or pg.zeros(3, 2, "uint8"))
    end
    put("b/1.png", pg.zeros(2, 3, 3, "uint8"))
    local before = pg.threads()
    for _, threads in ipairs { 1, 2, 8 } do
      pg.threads(threads)
      raises_here("/a/060.png: 2 x 3 pixels of grey expected, as in " .. folder
        .. "/a/001.png, found 3 x 2 of grey", function() pg.load_folder(folder) end)
    end
    shell("cd '%s' && rm a/0[6-9]* a/100*", folder)
    raises_here("/b/1.png: 2 x 3 pixels of grey expected", function() pg.load_folder(folder) end)
    shell("cd '%s' && rm -r b", folder)
    support.assert_same_bits(function() return { (pg.load_folder(folder)) } end)
    pg.threads(before)
  end)

  it("passes hidden names over, and says what else it leaves out", function()
    put("a/1.png", grey(1))
    shell("cd '%s' && touch .hidden a/.x.png && mkdir .git", folder)
    local said = support.listen(function() pg.load_folder(folder) end)
    assert.equal("", said)
    shell("cd '%s' && echo x > README.txt && touch a/1.txt && mkdir a/more", folder)
    local text, x = support.listen(function() return (pg.load_folder(folder)) end)
    assert.equal(1, #x)
    assert.matches("load_folder left out 3 names in " .. folder .. ", no PNG pictures: "
      .. "README.txt, ...", text, 1, true)
  end)

  it("follows links", function()
    put("there/1.png", grey(7))
    shell("cd '%s' && mkdir here && ln -s ../there here/a && ln -s 1.png there/2.png", folder)
    local x, _, classes = pg.load_folder(folder .. "/here")
    assert.same({ 7, 7 }, x[":, 1, 1"]:tolist())
    assert.same({ "a" }, classes)
  end)

  it("raises for what is no such folder, with its name", function()
    raises_here(folder .. ": a folder for each class was expected, and there is none", function()
      pg.load_folder(folder)
    end)
    raises_here(folder .. "/none: No such file or directory", function()
      pg.load_folder(folder .. "/none")
    end)
    put("a/1.png", grey(1))
    raises_here("Not a directory", function() pg.load_folder(folder .. "/a/1.png") end)
    shell("cd '%s' && mkdir b", folder)
    raises_here(folder .. "/b: it has no PNG picture", function() pg.load_folder(folder) end)
    shell("cd '%s' && touch b/x.jpg", folder)
    raises_here("but other files", function() pg.load_folder(folder) end)
    shell("cd '%s' && echo 'not a picture' > b/1.png", folder)
    raises_here("/b/1.png: not a PNG file, but a text file", function() pg.load_folder(folder) end)
    shell("cd '%s' && rm b/1.png && mkdir b/1.png", folder)
    raises_here("/b/1.png: it is a directory", function() pg.load_folder(folder) end)
    raises_here("load_folder: a path is needed", function() pg.load_folder(3) end)
    raises_here("load_folder: unknown option 'max'", function()
      pg.load_folder(folder, { max = 3 })
    end)
  end)

  it("raises for a folder whose classes may not be looked at", function()
    put("a/1.png", grey(1))
    local program = "setpriv --reuid=65534 --regid=65534 --clear-groups "
      .. (os.getenv "PERIGEE" or "lua5.4")
    if not os.execute(program .. " -e 'require \"perigee\"' 2>/dev/null") then
      return pending "setpriv can't run the program as another user"
    end
    shell("chmod 744 '%s'", folder)
    local pipe = assert(io.popen(([[%s -e '
      print(pcall(require "perigee".load_folder, "%s"))' 2>&1]]):format(program, folder)))
    assert.matches(folder .. "/a: Permission denied", pipe:read "a", 1, true)
    pipe:close()
  end)

  it("has a limit", function()
    put("a/1.png", grey(1))
    put("a/2.png", grey(1))
    raises_here("2 pictures of 2 x 3 pixels of grey take more than max_bytes = 11", function()
      pg.load_folder(folder, { max_bytes = 11 })
    end)
    assert.equal(2, #pg.load_folder(folder, { max_bytes = 12 }))
    put("a/1.png", pg.full({ 2, 3, 2 }, 255, "uint8"))
    assert.equal(2, #pg.load_folder(folder, { max_bytes = 12 }))
  end)

  it("reads no pixels of a picture that is too large #memory", function()
    local PROGRAM = os.getenv "PERIGEE" or "build/perigee"
    --- The message of a process that stays small.
    local function message()
      local pipe <close> = assert(io.popen(([['%s' -e '
        local pg = require "perigee"
        print(select(2, pcall(pg.load_folder, "%s", { max_bytes = 100 })))
        print(io.open("/proc/self/status"):read("a"):match "VmHWM:%%s*(%%d+)")' 2>&1]]):format(
        PROGRAM, folder)))
      local line, memory = pipe:read("l", "n")
      assert.is_true(memory < 40000, memory)
      return line
    end
    put("a/2.png", pg.zeros({ 7000, 7000 }, "uint8"))
    assert.matches("1 pictures of 7000 x 7000 pixels of grey take more than max_bytes = 100",
      message(), 1, true)
    put("a/1.png", grey(1))
    assert.matches("/a/2.png: 2 x 3 pixels of grey expected, as in ", message(), 1, true)
    assert.matches("/a/1.png, found 7000 x 7000 of grey", message(), 1, true)
  end)

  it("numbers the labels of new pictures by given classes", function()
    put("b/1.png", grey(1))
    put("d/1.png", grey(2))
    put("d/2.png", grey(3))
    local _, y, classes = pg.load_folder(folder, { classes = { "d", "c", "b", "a" } })
    assert.same({ 2, 0, 0 }, y:tolist())
    assert.equal("int64", y.dtype)
    assert.same({ "d", "c", "b", "a" }, classes)
    raises_here("the folder d in " .. folder .. " is no class; there are a, b", function()
      pg.load_folder(folder, { classes = { "a", "b" } })
    end)
    for _, wrong in ipairs { { "b", "d", "b" }, { "b", true }, {}, "b", { "b", nil, "d" } } do
      raises_here("load_folder: classes must be a list of the classes' names", function()
        pg.load_folder(folder, { classes = wrong })
      end)
    end
  end)

  it("gives a model its classes", function()
    put("a/1.png", grey(0))
    put("b/1.png", grey(200))
    local x, y, classes = pg.load_folder(folder)
    local m = pg.Model(x, y, { names = classes, hidden = 3, seed = 0, scale = 1 / 255 })
    m:fit { iterations = 50, rate = 1 }
    assert.equal("b", m.names[m:predict(x)[2] + 1])
  end)
end)
