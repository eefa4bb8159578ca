-- lua/meta/perigee.lua describes what there is: all of it, and nothing else.

local pg = require "perigee"

local file <close> = assert(io.open "lua/meta/perigee.lua")
local text = file:read "a"

--- The names that are described under `class`, each with its first line.
local function described(class)
  local names, comment = {}, {}
  for line in text:gmatch "[^\n]*" do
    local name = line:match("^function " .. class .. "[.:]([%w_]+)%(")
    if name then
      names[name] = comment[1] or ""
    end
    if line:find "^%-%-%-" then
      comment[#comment + 1] = line:sub(5)
    else
      comment = {}
    end
  end
  return names
end

local function names_in(list)
  local names = {}
  for name in pairs(list) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

--- The methods of a userdata's class: a table among __index's upvalues, or it.
local function methods_of(value)
  local index = getmetatable(value).__index
  if type(index) == "table" then
    return index
  end
  local _, methods = debug.getupvalue(index, 1)
  return methods
end

describe("the description", function()
  it("has a sentence for everything", function()
    for _, class in ipairs { "pg", "array", "archive", "random" } do
      for name, sentence in pairs(described(class)) do
        assert.matches("^%S+ %S+ .*[.:]", sentence, class .. "." .. name)
      end
    end
  end)

  it("is of each method of an array, an archive and a generator", function()
    local path = os.tmpname()
    assert(pg.save(path .. ".npz", { x = 1 }))
    local archive <close> = assert(pg.load(path .. ".npz"))
    os.remove(path)
    os.remove(path .. ".npz")
    assert.same(names_in(methods_of(pg.zeros(1))), names_in(described "array"))
    assert.same(names_in(methods_of(archive)), names_in(described "archive"))
    assert.same(names_in(methods_of(pg.random(0))), names_in(described "random"))
  end)

  it("is of each function of the module", function()
    local functions, methods = {}, methods_of(pg.zeros(1))
    local in_lua = {
      Model = true, dataset = true, plot = true, progress = true, help = true, show = true,
      save_png = true, _VERSION = true, split = true, standardise = true, read_csv = true,
      write_csv = true,
      load_folder = true, dropout = true, grad = true, value_and_grad = true, check_grad = true,
      custom_gradient = true, detach = true,
    }
    for name in pairs(pg) do
      if not methods[name] and not in_lua[name] then
        functions[name] = true
      end
    end
    assert.same(names_in(functions), names_in(described "pg"))
  end)
end)

describe("help", function()
  local help, page = require "perigee.help.entries", require "perigee.help.page"

  it("has an entry for every public function", function()
    local described_names = {}
    for _, entry in ipairs(help.entries()) do
      described_names[entry.class .. "." .. entry.name] = true
    end
    for name in pairs(pg) do
      local known = described_names["pg." .. name] or described_names["array." .. name]
      assert.is_true(known or name == "_VERSION", name)
    end
    for name, value in pairs(pg.Model) do
      if type(value) == "function" then
        assert.is_true(described_names["model." .. name], name)
      end
    end
  end)

  it("tells what a function does", function()
    local entry = help.find("take")[1]
    assert.equal("a:take(positions, axis)", help.signature(entry))
    local shown = page.text(page.of_entry(entry))
    assert.matches("Returns a copy of the elements at some positions", shown)
    assert.matches("positions  array%-like: integers", shown)
    assert.equal("pg.Model(x, y, options)", help.signature(help.find("Model")[1]))
    assert.equal(2, #help.find("rand"))
  end)

  it("suggests a name for one that is misspelt", function()
    assert.error_matches(function() pg.help "sofmax" end, "did you mean 'softmax'")
  end)

  it("is what docs/reference.md is made of", function()
    local made <close> = assert(io.popen(os.getenv "PERIGEE" .. " tools/reference.lua"))
    local kept <close> = assert(io.open "docs/reference.md")
    assert.equal(made:read "a", kept:read "a", "run `make reference`")
  end)
end)
