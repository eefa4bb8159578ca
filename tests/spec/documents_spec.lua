-- The Lua blocks of the documents, each document's as one script, on a few rows of drawn digits in
-- the place of MNIST.

local digits = require "perigee.data.digits"
local pg = require "perigee"
local uv = require "luv"

local PROGRAM = os.getenv "PERIGEE" or "build/perigee"

--- Names that a document's blocks take from the text around them.
local BEFORE = {
  ["docs/prompt.md"] = [[
    local pg = require "perigee"
    local data = pg.dataset "mnist"
    local model = pg.Model(data.x_train, data.y_train, { hidden = 5, seed = 0, scale = 1 / 255 })
    local cost = model:fit { iterations = 5 }
  ]],
}

--- Fewer rows and iterations.
local SMALLER = { ["50000"] = "50", ["50001"] = "51", ["60000"] = "60", ["1000"] = "100" }

local folder

--- Writes the files that docs/data.md names: arrays under other names, IDX files, pictures.
local function write_data()
  local pictures = digits.draw(0, 60, 20)
  local target = pg.range(0, 299) % 3
  pg.save(folder .. "/mine.npz", { features = pg.randn(300, 4) + target:reshape(-1, 1),
    target = target })
  local function write_idx(name, array)
    local header = string.pack("BBBB", 0, 0, 8, array.ndim)
      .. string.pack(">" .. ("I4"):rep(array.ndim), table.unpack(array.shape))
    local bytes = {}
    for i, byte in ipairs(array:ravel():tolist()) do
      bytes[i] = string.char(byte)
    end
    pg.write(folder .. "/" .. name, header .. table.concat(bytes))
    assert(os.execute(("gzip '%s/%s'"):format(folder, name)))
  end
  write_idx("train-images-idx3-ubyte", pictures.x_train)
  write_idx("train-labels-idx1-ubyte", pictures.y_train)
  local csv <close> = assert(io.open "examples/iris_like.csv")
  for _, name in ipairs { "flowers.csv", "new_flowers.csv" } do
    csv:seek "set"
    pg.write(folder .. "/" .. name, csv:read "a")
  end
  pg.write(folder .. "/people.csv", "age,fare,port,survived\n"
    .. ("22,7.25,S,0\n38,71.3,C,1\nunknown,8.05,Q,1\n35,NA,S,0\n"):rep(5))
  for i = 1, 20 do
    local class = i % 2 == 0 and "circle" or "square"
    assert(os.execute(("mkdir -p '%s/pictures/%s'"):format(folder, class)))
    pg.save_png(("%s/pictures/%s/%d.png"):format(folder, class, i), pictures.x_train[i])
  end
  assert(os.execute(("mkdir '%s/new' && cp -r '%s/pictures/square' '%s/new'"):format(folder, folder,
    folder)))
end

setup(function()
  folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/documents-XXXXXX"))
  pg.save(folder .. "/mnist.npz", digits.draw(0, 60, 20))
  write_data()
end)

teardown(function()
  os.execute(("rm -rf '%s'"):format(folder))
end)

--- The blocks of a document as one script; their number.
local function script_of(path)
  local file <close> = assert(io.open(path))
  local blocks = { BEFORE[path] }
  for block in file:read "a":gmatch "\n```lua\n(.-)\n```" do
    blocks[#blocks + 1] = block
  end
  local text = table.concat(blocks, "\n")
  return text:gsub("%f[%w]%d+%f[^%w]", SMALLER), #blocks
end

describe("the blocks of", function()
  for path, least in pairs {
    ["README.md"] = 2, ["docs/data.md"] = 10, ["docs/gradients.md"] = 2,
    ["docs/models.md"] = 3, ["docs/numpy.md"] = 1, ["docs/prompt.md"] = 2,
    ["docs/sweeps.md"] = 2,
  } do
    it(path .. " run", function()
      local text, count = script_of(path)
      assert.is_true(count >= least)
      pg.write(folder .. "/script.lua", text)
      local program = PROGRAM:find "^/" and PROGRAM or uv.cwd() .. "/" .. PROGRAM
      local pipe = assert(io.popen(("cd '%s' && PERIGEE_DATA='%s' '%s' script.lua 2>&1"):format(
        folder, folder, program)))
      local output = pipe:read "a"
      local _, _, status = pipe:close()
      assert.equal(0, status, output)
      assert.not_matches("warning", output)
    end)
  end
end)
