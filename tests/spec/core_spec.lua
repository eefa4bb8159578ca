local PROGRAM = os.getenv "PERIGEE" or "build/perigee"

describe("the core as a C library", function()
  it("refuses ranks, axes and counts that there are not", function()
    local pipe = assert(io.popen("'" .. PROGRAM:gsub("[^/]*$", "core") .. "' 2>&1"))
    local output = pipe:read "a"
    assert.equal("0 failures\n", output)
    assert.is_true(pipe:close())
  end)
end)
