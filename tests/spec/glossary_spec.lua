-- docs/glossary.md: each term once, in order, with a meaning.

describe("The glossary", function()
  it("has each term once, in alphabetical order within its topic, with a meaning", function()
    local file <close> = assert(io.open "docs/glossary.md")
    local seen, last = {}, nil
    for line in file:lines() do
      local term, meaning = line:match "^| (.-) | (.-) |"
      if line:find "^## " then
        last = ""
      elseif term and term ~= "term" then
        assert.is_nil(seen[term:lower()], term .. " stands twice")
        assert.is_true(last < term:lower(), term .. " stands behind " .. last)
        assert.is_true(#meaning > 0, term)
        seen[term:lower()], last = true, term:lower()
      end
    end
    assert.is_true(next(seen) ~= nil)
  end)
end)
