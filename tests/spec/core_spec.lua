local PROGRAM = os.getenv "PERIGEE" or "build/perigee"

-- The C tests, tests/c/: each prints the failures, then how many there are.
local function run_c_tests(name)
  local pipe = assert(io.popen("'" .. PROGRAM:gsub("[^/]*$", "core") .. "' " .. name .. " 2>&1"))
  local output = pipe:read "a"
  assert.equal("0 failures\n", output)
  assert.is_true(pipe:close())
end

describe("the core as a C library", function()
  it("refuses ranks, axes and counts that there are not", function()
    run_c_tests "refusals"
  end)

  it("computes on arrays as naive loops do", function()
    run_c_tests "arrays"
  end)

  it("has kernels that compute as naive loops do", function()
    run_c_tests "kernels"
  end)

  it("sums shards as one thread does in a naive tree", function()
    run_c_tests "shards"
  end)

  it("computes CRC-32 as zlib does", function()
    run_c_tests "crc32"
  end)

  it("writes archives of more than 4 GB, with holes in them #large", function()
    run_c_tests "archives"
  end)
end)
