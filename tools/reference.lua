-- Prints docs/reference.md: every public function, from the comments that help shows, too.
--
--   build/perigee tools/reference.lua > docs/reference.md

local entries = require "perigee.help.entries"

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

--- A type, and what is said of it.
local function described(type_text, text)
  local words = text == "" and type_text or type_text .. " — " .. text
  return (words:gsub("|", "\\|"))
end

--- The options that a table may have, a line for each; those of another function by their names.
local function write_options(entry)
  local _, told = entries.options(entry)
  local names, other = {}, nil
  for _, option in ipairs(told) do
    if option.owner == entry then
      print("  * " .. option.text:gsub("|", "\\|"))
    else
      other = option.owner
      names[#names + 1] = ("`%s`"):format(option.name)
    end
  end
  if other then
    print(("  * as of `%s`: %s"):format(entries.name(other), table.concat(names, ", ")))
  end
end

local function write_values(entry)
  for i = 1, #entry.params do
    local name, type_text, text, is_optional = entries.parameter(entry, i)
    local is_options = name == "options"
    print(("* `%s`: %s"):format(name .. (is_optional and "?" or ""),
      described(type_text, is_options and "" or text)))
    if is_options then
      write_options(entry)
    end
  end
  for i = 1, #entry.returns do
    print("* returns " .. described(entries.returned(entry, i)))
  end
  if #entry.params + #entry.returns > 0 then
    print()
  end
end

local function write_entry(entry)
  print(("### `%s`\n"):format(entries.signature(entry)))
  print(table.concat(entry.text, "\n") .. "\n")
  write_values(entry)
  if #entry.example > 0 then
    print("```lua\n" .. table.concat(entry.example, "\n") .. "\n```\n")
  end
end

print [[
# Reference

Made by `make reference` from the comments in `lua/`; `pg.help "name"` shows the same.

In the examples, what stands behind `-->` is what the expression before it gives: a spec compares.
`x` and `y` are 100 pictures, as (100, 784), and their labels, `xt` and `yt` 50 others; `m` is
`pg.Model(x, y, {hidden = 20, seed = 0})`, and `w` what `pg.initialization(x, 20)` gives.
]]
for _, title in ipairs(TITLES) do
  local class, name, text = table.unpack(title)
  print(("## %s\n\n%s\n"):format(name, text))
  for _, entry in ipairs(entries.entries()) do
    if entry.class == class then
      write_entry(entry)
    end
  end
end
