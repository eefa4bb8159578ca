-- Prints docs/reference.md: every public function, from the comments that help shows, too.
--
--   build/perigee tools/reference.lua > docs/reference.md

local help = require "perigee.help"

local TITLES = {
  { "pg", "The module", "`local pg = require \"perigee\"`" },
  { "array", "Arrays", "`a` is an array. Each method is a function of the module, too: "
    .. "`a:exp()` is `pg.exp(a)`." },
  { "archive", "Archives", "`data` is what `pg.load \"file.npz\"` and `pg.dataset` open; "
    .. "`data.name` reads an array." },
  { "random", "Random numbers", "`g` is a generator, `pg.random(seed)`. Each method is a "
    .. "function of the module, too, which draws from a generator of its own." },
  { "model", "Models", "`m` is a model, `pg.Model(x, y, options)`." },
  { "sweep", "Sweeps", "`local sweep = require \"perigee.sweep\"`" },
  { "trial", "Trials", "`trial` is what a study's `run(p, trial)` is handed. It has `trial.seed`, "
    .. "`trial.data`, and `trial.index`, its place in the order of the grid." },
  { "study", "Studies", "`study` is what `sweep.new` gives. It has `study.name` and "
    .. "`study.folder`." },
  { "table", "Tables of results", "`t` is a table of results, as `study:table()` gives: `#t` rows, "
    .. "`t[i].accuracy`, `t.columns`; `print(t)` shows it." },
}

--- What stands apart, in the comment, by spaces.
local function dashed(text)
  return (text:gsub("%s%s+", " — "):gsub("|", "\\|"))
end

local function write_entry(entry)
  print(("### `%s`\n"):format(help.signature(entry)))
  print(table.concat(entry.text, "\n") .. "\n")
  for _, parameter in ipairs(entry.params) do
    local name, rest = parameter:match "^(%S+) (.*)"
    print(("* `%s`: %s"):format(name, dashed(rest)))
  end
  for _, value in ipairs(entry.returns) do
    print(("* returns %s"):format(dashed(value)))
  end
  if #entry.params + #entry.returns > 0 then
    print()
  end
end

print [[
# Reference

Made by `make reference` from the comments in `lua/`; `pg.help "name"` shows the same.
]]
for _, title in ipairs(TITLES) do
  local class, name, text = table.unpack(title)
  print(("## %s\n\n%s\n"):format(name, text))
  for _, entry in ipairs(help.entries()) do
    if entry.class == class then
      write_entry(entry)
    end
  end
end
