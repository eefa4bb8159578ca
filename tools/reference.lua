--- Prints docs/reference.md: every public function, from the comments that help shows, too.
--
--   build/perigee tools/reference.lua > docs/reference.md

local entries = require "perigee.help.entries"

-- Chapters, each with a text and its sections. A section is a type, by its full name, or the
-- functions of a class, of one heading in the sources if that is given. Classes that stand in no
-- chapter follow as chapters of their own.
local CHAPTERS = {
  {
    title = "Arrays",
    text = "`a` is an array. Each method is a function of the module, too: `a:exp()` is "
      .. "`pg.exp(a)`.",
    { title = "Arrays and their operators", type = "perigee.array" },
    { title = "Indices and slices", type = "perigee.index" },
    { title = "Element types", type = "perigee.dtype" },
    { title = "Array-likes", type = "perigee.like" },
    { title = "Shapes", type = "perigee.shape" },
    { title = "Making arrays", class = "pg", heading = "making arrays" },
    { title = "Labels, joining and counting", class = "pg",
      heading = "labels, joining, counting" },
    { title = "Views and copies", class = "array", heading = "views and copies" },
    { title = "Elements", class = "array", heading = "elements" },
    { title = "Elementwise functions", class = "array", heading = "elementwise" },
    { title = "Methods that write in place", class = "array", heading = "in place" },
    { title = "Reductions, order and products", class = "array",
      heading = "reductions and products" },
  },
  {
    title = "Derivatives",
    text = "Gradients of functions of Lua over arrays; [gradients.md](gradients.md) says how.",
    { title = "Gradients of functions", class = "pg", heading = "derivatives" },
  },
  {
    title = "Files",
    { title = "Reading and writing", class = "pg", heading = "reading and writing" },
    { title = "Archives", class = "archive", type = "perigee.archive",
      text = "`data` is an archive: `pg.load \"file.npz\"`, `pg.dataset \"mnist\"`." },
    { title = "CSV tables", class = "csv", type = "perigee.csv.table",
      text = "`csv` is a table of a CSV file: `pg.read_csv \"iris.csv\"`." },
  },
  {
    title = "Random numbers",
    text = "The generator is NumPy's legacy one: after the same seed come the numbers of "
      .. "`numpy.random`.",
    { title = "The module's generator", class = "pg", heading = "random numbers of the module" },
    { title = "Generators", class = "random", type = "perigee.random",
      text = "`g` is a generator, `pg.random(seed)`." },
  },
  {
    title = "Kernels",
    text = "The notebook's functions, one by one. `pg.Model` makes the same steps faster.",
    { title = "Weights and activations", type = "perigee.weights" },
    { title = "The notebook's kernels", class = "pg", heading = "kernels" },
  },
  {
    title = "Networks",
    text = "What a network of one's own needs beside the functions of arrays.",
    { title = "Loss and dropout", class = "pg", heading = "networks" },
  },
  {
    title = "Models",
    text = "`m` is a model, `pg.Model(x, y, options)`. "
      .. "[docs/models.md](models.md) has its options in tables.",
    { title = "Making a model", class = "pg", heading = "models" },
    { title = "Training and prediction", class = "model", type = "perigee.Model" },
    { title = "Reports", type = "perigee.report" },
  },
  {
    title = "Plots, pictures and progress",
    { class = "pg", heading = "showing" },
  },
  {
    title = "Sweeps",
    text = "`local sweep = require \"perigee.sweep\"`. [docs/sweeps.md](sweeps.md) "
      .. "explains studies, their command line and their files.",
    { title = "The module perigee.sweep", class = "sweep" },
    { title = "Studies", class = "study", type = "perigee.sweep.study",
      text = "`study` is a study, which `sweep.new` returns." },
    { title = "Trials", class = "trial", type = "perigee.sweep.trial",
      text = "`trial` is the second argument of a study's `run(p, trial)`." },
    { title = "Tables of results", class = "table", type = "perigee.sweep.table",
      text = "`t` is a table of results, which `study:table()` returns." },
  },
  {
    title = "Ranks",
    text = "`local mpi = require \"perigee.mpi\"`, which `make mpi` builds. `mpirun` or `srun` "
      .. "starts a script as several ranks; [docs/cluster.md](cluster.md) says how.",
    { title = "The module perigee.mpi", class = "mpi", type = "perigee.mpi" },
    { title = "Communicators", class = "communicator", type = "perigee.communicator",
      text = "`comm` is a communicator: `mpi.world`, or a trial's `trial.comm`." },
  },
  {
    title = "Prompt",
    text = "[docs/prompt.md](prompt.md) has the globals of the prompt: `help`, `who`, "
      .. "`time`, `edit` and `save_session`.",
    { class = "pg", heading = "the prompt" },
  },
  {
    title = "Options",
    text = "`local options = require \"perigee.options\"` reads the `key=value` arguments of a "
      .. "script.",
    { class = "options" },
  },
  {
    title = "The machine",
    { class = "pg", heading = "the machine" },
  },
}

-- --- sections ---------------------------------------------------------------------

--- The functions of a section, in the order of the sources.
local function functions_of(section)
  local list = {}
  for _, entry in ipairs(entries.entries()) do
    if entry.class == section.class
      and (not section.heading or entry.heading == section.heading) then
      list[#list + 1] = entry
    end
  end
  return list
end

--- Adds a chapter for each class that has none, so that no function is left out.
local function add_missing_classes()
  local has_place = {}
  for _, chapter in ipairs(CHAPTERS) do
    for _, section in ipairs(chapter) do
      for _, entry in ipairs(section.class and functions_of(section) or {}) do
        has_place[entry] = true
      end
    end
  end
  for _, entry in ipairs(entries.entries()) do
    local class = entries.class(entry.class)
    assert(has_place[entry] or class.name ~= "pg", entry.full .. " stands in no chapter")
    if not has_place[entry] and not has_place[class] then
      has_place[class] = true
      CHAPTERS[#CHAPTERS + 1] = { title = class.section, { class = class.name } }
    end
  end
end

--- The heading under which each type is defined, by the type's name.
local function headings_of_types()
  local headings = {}
  for _, chapter in ipairs(CHAPTERS) do
    for _, section in ipairs(chapter) do
      if section.type then
        headings[section.type] = section.title
      end
    end
  end
  return headings
end

add_missing_classes()
local HEADINGS = headings_of_types()

local function link(text, heading)
  return ("[%s](#%s)"):format(text, entries.anchor(heading))
end

-- --- functions --------------------------------------------------------------------

--- A type as Markdown, with a link to the definition of each name in it.
local function linked_types(text)
  return (text:gsub("|", "\\|"):gsub("perigee%.[%w_.]*[%w_]", function(name)
    return link(name, assert(HEADINGS[name], name .. " is not defined"))
  end))
end

--- Sentences with a link to the definition of each type that they name.
local function linked_text(text)
  return (text:gsub("`(perigee%.[%w_.]+)`", function(name)
    return HEADINGS[name] and link(("`%s`"):format(name), HEADINGS[name])
  end))
end

--- The line of a parameter or field: its name, its type and the text behind it.
local function named_line(name, type_text, text)
  return ("* `%s` (%s)%s"):format(name, linked_types(type_text),
    text == "" and "" or ": " .. linked_text(text:gsub("|", "\\|")))
end

--- Writes the options of a table, a line for each; those of another function by their names.
local function write_options(entry)
  local _, options = entries.options(entry)
  local names, other = {}, nil
  for _, option in ipairs(options) do
    if option.owner == entry then
      print("  * " .. option.text:gsub("|", "\\|"))
    else
      other = option.owner
      names[#names + 1] = ("`%s`"):format(option.name)
    end
  end
  if other then
    print(("  * options of %s: %s"):format(
      link(("`%s`"):format(entries.name(other)), entries.signature(other)),
      table.concat(names, ", ")))
  end
end

local function write_values(entry)
  for i = 1, #entry.params do
    local name, type_text, text, is_optional = entries.parameter(entry, i)
    local is_options = name == "options" and #entries.options(entry) > 0
    print(named_line(name .. (is_optional and "?" or ""), type_text, is_options and "" or text))
    if is_options then
      write_options(entry)
    end
  end
  for i = 1, #entry.returns do
    local type_text, text = entries.returned(entry, i)
    text = text == "" and "" or ": " .. linked_text(text:gsub("|", "\\|"))
    print("* returns " .. linked_types(type_text) .. text)
  end
  if #entry.params + #entry.returns > 0 then
    print()
  end
end

local function write_example(read)
  if #read.example > 0 then
    print("```lua\n" .. table.concat(read.example, "\n") .. "\n```\n")
  end
end

local function write_function(entry)
  print(("#### `%s`\n"):format(entries.signature(entry)))
  print(linked_text(table.concat(entry.text, "\n")) .. "\n")
  write_values(entry)
  write_example(entry)
end

-- --- the page ---------------------------------------------------------------------

--- Writes the definition of a type: its sentences, its fields and its example.
local function write_type(name)
  local read = assert(entries.type(name), name .. " has no comment")
  print(("`%s`\n"):format(name))
  if #read.text > 0 then
    print(linked_text(table.concat(read.text, "\n")) .. "\n")
  end
  local has_fields = false
  for _, field in ipairs(read.fields) do
    local key, rest = field:match "^([%a_][%w_]*)%s+(.*)$"
    if key then
      local type_text, text = rest:match "^(.-)%s%s+(.*)$"
      print(named_line("." .. key, type_text or rest, text or ""))
      has_fields = true
    end
  end
  if has_fields then
    print()
  end
  write_example(read)
end

local function write_contents()
  print "## Contents\n"
  for _, chapter in ipairs(CHAPTERS) do
    print("* " .. link(chapter.title, chapter.title))
    for _, section in ipairs(chapter) do
      local names = {}
      for i, entry in ipairs(section.class and functions_of(section) or {}) do
        names[i] = link(("`%s`"):format(entry.name), entries.signature(entry))
      end
      local title = section.title and link(section.title, section.title)
      local parts = title and #names > 0 and title .. ": " or title or ""
      if title or #names > 0 then
        print("  * " .. parts .. table.concat(names, ", "))
      end
    end
  end
  print()
end

local function write_section(section)
  local functions = section.class and functions_of(section) or {}
  if section.title then
    print(("### %s\n"):format(section.title))
  end
  if section.text then
    print(section.text .. "\n")
  end
  if section.type then
    write_type(section.type)
  end
  for _, entry in ipairs(functions) do
    write_function(entry)
  end
end

print [[
# Reference

`make reference` writes this page from the comments in `lua/`; `pg.help "name"` shows the same.

In the examples, the text behind `-->` is the value of the expression before it: a spec compares
them. `pg` is `require "perigee"`. `x` and `y` are 100 pictures, (100, 784), and their labels, `xt`
and `yt` 50 others; `m` is `pg.Model(x, y, {hidden = 20, seed = 0})`, and `w` is
`pg.initialization(x, 20)`. `mpi` and `comm` are those of a process by itself. A name with `?` is an
optional argument.
]]
write_contents()
for _, chapter in ipairs(CHAPTERS) do
  print(("## %s\n"):format(chapter.title))
  if chapter.text then
    print(chapter.text .. "\n")
  end
  for _, section in ipairs(chapter) do
    write_section(section)
  end
end
