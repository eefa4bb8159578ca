--- Descriptions of the public functions, which help and the reference show.
--
-- They are the comments above the functions: in lua/meta/perigee.lua for functions made in C, and
-- in the library's files for the others.

local comments = require "perigee.help.comments"

local entries = {}

local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*/[^/]*$" or ".."

-- The pages about arrays, models and derivatives.
local NUMPY = "docs/numpy.md"
local MODELS = "docs/models.md"
local GRADIENTS = "docs/gradients.md"

--- Public functions made in Lua: the file, the name of the function there (or the prefix of the
--- class's methods), its class and its public name. A function of the module also has a heading,
--- "showing" by default, and a page if not the module's.
local IN_LUA = {
  { file = "model/model.lua", name = "new", class = "pg", public = "Model", heading = "models",
    page = MODELS },
  { file = "model/model.lua", prefix = "Model", class = "model" },
  { file = "model/dropout.lua", name = "dropout.dropout", class = "pg", public = "dropout",
    heading = "networks" },
  { file = "model/classification.lua", prefix = "Report", class = "model" }, -- its type
  { file = "data/dataset.lua", name = "dataset.open", class = "pg", public = "dataset",
    heading = "reading and writing" },
  { file = "data/folder.lua", name = "folder.load", class = "pg", public = "load_folder",
    heading = "reading and writing" },
  { file = "data/split.lua", name = "split.split", class = "pg", public = "split",
    heading = "reading and writing" },
  { file = "data/standardise.lua", name = "standardise.standardise", class = "pg",
    public = "standardise", heading = "reading and writing" },
  { file = "data/csv.lua", name = "csv.read", class = "pg", public = "read_csv",
    heading = "reading and writing" },
  { file = "data/csv.lua", name = "csv.write", class = "pg", public = "write_csv",
    heading = "reading and writing" },
  { file = "data/csv_table.lua", prefix = "Table", class = "csv" },
  { file = "gradient/trace/gradient.lua", name = "gradient.grad", class = "pg",
    public = "grad", heading = "derivatives", page = GRADIENTS },
  { file = "gradient/trace/gradient.lua", name = "gradient.value_and_grad", class = "pg",
    public = "value_and_grad", heading = "derivatives", page = GRADIENTS },
  { file = "gradient/check.lua", name = "check.check_grad", class = "pg",
    public = "check_grad", heading = "derivatives", page = GRADIENTS },
  { file = "gradient/trace/gradient.lua", name = "gradient.custom_gradient", class = "pg",
    public = "custom_gradient", heading = "derivatives", page = GRADIENTS },
  { file = "gradient/trace/gradient.lua", name = "gradient.detach", class = "pg",
    public = "detach", heading = "derivatives", page = GRADIENTS },
  { file = "util/progress.lua", name = "progress.each", class = "pg", public = "progress" },
  { file = "plot/plot.lua", name = "", class = "pg", public = "plot" },
  { file = "image/show.lua", name = "show.show", class = "pg", public = "show" },
  { file = "image/png.lua", name = "png.save", class = "pg", public = "save_png" },
  { file = "help/help.lua", name = "", class = "pg", public = "help", heading = "the prompt" },
  { file = "options.lua", prefix = "options", class = "options" },
  { file = "mpi.lua", prefix = "mpi", class = "mpi" },
  { file = "mpi/communicator.lua", prefix = "Communicator", class = "communicator" },
  { file = "sweep.lua", prefix = "sweep", class = "sweep" },
  { file = "sweep/trial/trial.lua", prefix = "Trial", class = "trial" },
  { file = "sweep/study.lua", prefix = "Study", class = "study" },
  { file = "sweep/table/table.lua", prefix = "Table", class = "table" },
}

--- The classes. For a name that several classes have, help shows the function of the first one.
--- `written` is the class in annotations, `variable` its value in examples, `section` its heading
--- in the reference.
local CLASSES = {
  { name = "pg", written = "perigee", variable = "pg", several = "functions", is_module = true,
    title = 'the module: pg = require "perigee"', section = "Contents", page = NUMPY },
  { name = "array", written = "perigee.array", variable = "a", several = "arrays",
    title = "an array", section = "Arrays", page = NUMPY },
  { name = "model", written = "perigee.Model", variable = "m", several = "models",
    title = "a model", section = "Models", page = MODELS },
  { name = "report", written = "perigee.report", variable = "r", several = "reports",
    title = "a report of a classification", section = "Reports", page = MODELS },
  { name = "sweep", variable = "sweep", several = "sweeps", is_module = true,
    title = 'the module for sweeps: sweep = require "perigee.sweep"', section = "Sweeps",
    page = "docs/sweeps.md" },
  { name = "study", written = "perigee.sweep.study", variable = "study", several = "studies",
    title = "a study", section = "Studies", page = "docs/sweeps.md" },
  { name = "table", written = "perigee.sweep.table", variable = "t", several = "tables",
    title = "a table of results", section = "Tables of results", page = "docs/sweeps.md#results" },
  { name = "archive", written = "perigee.archive", variable = "data", several = "archives",
    title = "an archive", section = "Archives", page = NUMPY },
  { name = "csv", written = "perigee.csv.table", variable = "csv", several = "CSV tables",
    title = "a table of a CSV file", section = "CSV tables", page = NUMPY },
  { name = "random", written = "perigee.random", variable = "g", several = "generators",
    title = "a generator of random numbers", section = "Random numbers", page = NUMPY },
  { name = "trial", written = "perigee.sweep.trial", variable = "trial", several = "trials",
    title = "a trial", section = "Trials", page = "docs/sweeps.md#a-study" },
  { name = "mpi", written = "perigee.mpi", variable = "mpi", several = "ranks", is_module = true,
    title = 'the module for several ranks, on one machine or many: mpi = require "perigee.mpi"',
    section = "Ranks", page = "docs/cluster.md" },
  { name = "communicator", written = "perigee.communicator", variable = "comm",
    several = "communicators", title = "a communicator", section = "Communicators",
    page = "docs/cluster.md" },
  { name = "options", variable = "options", several = "options", is_module = true,
    title = 'the module for arguments of scripts: options = require "perigee.options"',
    section = "Options", page = "docs/reference.md#options" },
}

local CLASS = {}
for i, class in ipairs(CLASSES) do
  class.rank = i
  CLASS[class.name] = class
end

-- --- reading -------------------------------------------------------------------

local cache

--- Reads the files: functions in their order, and classes by their names in annotations.
local function all()
  if cache then
    return cache
  end
  local meta = io.open(here .. "/../meta/perigee.lua")
    or assert(io.open(here .. "/../../../perigee/meta/perigee.lua")) -- where it is installed
  local list, classes = comments.of_file(meta)
  for _, entry in ipairs(list) do
    entry.class, entry.name = entry.full:match "^(%w+)[.:]([%w_]+)$"
  end
  for _, source in ipairs(IN_LUA) do
    local path = here .. "/" .. source.file
    local found, described = comments.of_file(assert(io.open(path)))
    for _, entry in ipairs(found) do
      local method = source.prefix and entry.full:match("^" .. source.prefix .. "[.:](.*)")
      if entry.full == source.name or method then
        entry.class, entry.name = source.class, method or source.public
        entry.source, entry.page = "@" .. path, source.page
        if source.class == "pg" then
          entry.heading = source.heading or "showing"
        end
        list[#list + 1] = entry
      end
    end
    for name, class in pairs(described) do
      classes[name] = class
    end
  end
  cache = { entries = list, classes = classes }
  return cache
end

--- The descriptions of all public functions, in the order of the files.
---@return table[] entries  class, name, full, parameters, heading; text and example, lists of
---   lines; params and returns, the texts behind these tags; source and line (as debug.getinfo has
---   them) of a function made in Lua
function entries.entries()
  return all().entries
end

--- The classes, modules among them.
---@return table[]  # name; variable, its value in examples; title; several, its plural; section,
---   its heading in the reference; page, a document about it; is_module
function entries.classes()
  return CLASSES
end

--- A class by its name.
---@param name string  "array"
---@return table?
function entries.class(name)
  return CLASS[name]
end

--- The comment of a class, as lines.
---@param name string
---@return string[]
function entries.class_text(name)
  local written = all().classes[CLASS[name].written]
  return written and written.text or {}
end

--- The comment of a type.
---@param name string  "perigee.dtype", "perigee.array"
---@return table?  # as comments.read gives it; nil for a type without a comment
function entries.type(name)
  return all().classes[name]
end

-- --- parts of a description -------------------------------------------------------

--- Tells if a function is called with a colon.
local function is_method(entry)
  return not CLASS[entry.class].is_module and not entry.full:find "^Model%."
end

--- The name of a function as it is called: "a:take", "pg.load", "pg.Model.load".
---@param entry table
---@return string
function entries.name(entry)
  if entry.full:find "^Model%." then
    return "pg." .. entry.full -- a function of the class
  end
  return CLASS[entry.class].variable .. (is_method(entry) and ":" or ".") .. entry.name
end

--- The signature of a function: "a:take(positions, axis)".
---@param entry table
---@return string
function entries.signature(entry)
  return ("%s(%s)"):format(entries.name(entry), (entry.parameters:gsub("^_, ", "")))
end

--- The first sentence.
---@param lines string[]
---@return string
function entries.sentence(lines)
  local text = {}
  for _, line in ipairs(lines) do
    if line == "" then
      break
    end
    text[#text + 1] = line
  end
  local paragraph = table.concat(text, " ")
  return paragraph:match "^(.-[%w%)\"`]%.)%s" or paragraph
end

--- The type and the text behind a tag, which two spaces separate.
local function split_type(rest)
  local type_text, text = rest:match "^(.-)%s%s+(.*)$"
  if not type_text then
    return rest, ""
  end
  return type_text, (text:gsub("^# ", ""))
end

--- A parameter of a function.
---@param entry table
---@param index integer  from 1
---@return string? name  nil behind the last
---@return string type
---@return string text
---@return boolean is_optional
function entries.parameter(entry, index)
  local written = entry.params[index]
  if not written then
    return nil
  end
  local name, mark, rest = written:match "^(%S-)(%??)%f[%s\0]%s*(.*)$"
  local type_text, text = split_type(rest)
  return name, type_text, text, mark == "?"
end

--- A returned value of a function.
---@param entry table
---@param index integer  from 1
---@return string? type  nil behind the last
---@return string text  with the value's name, if it has one
function entries.returned(entry, index)
  local written = entry.returns[index]
  if not written then
    return nil
  end
  return split_type(written)
end

-- --- options --------------------------------------------------------------------
-- The text of a parameter named `options` has this form, which a spec checks:
--   name = default (text); name (text); name; those of `m:steps` but name, name

local OPENING, CLOSING = { ["("] = true, ["{"] = true }, { [")"] = true, ["}"] = true }

--- Splits a text at semicolons outside of parentheses and quotes.
local function split_parts(text)
  local parts, part, depth, quoted = {}, {}, 0, false
  for c in (text .. ";"):gmatch "." do
    if c == '"' then
      quoted = not quoted
    elseif not quoted then
      depth = depth + (OPENING[c] and 1 or CLOSING[c] and -1 or 0)
    end
    if c == ";" and depth == 0 and not quoted then
      parts[#parts + 1] = table.concat(part):match "^%s*(.-)%s*$"
      part = {}
    else
      part[#part + 1] = c
    end
  end
  return parts
end

local described_options

--- Adds the options of another function: "those of `m:steps` but resume, progress".
local function add_others(list, part)
  local other, exceptions = part:match "^those of `([^`]+)`(.*)$"
  if not other then
    error(("help: an option is described as `name = default (text)`, not as '%s'"):format(part))
  end
  local is_left_out = {}
  for name in exceptions:gsub("^ but ", ""):gmatch "[%w_]+" do
    is_left_out[name] = true
  end
  for _, option in ipairs(described_options(entries.find(other)[1])) do
    if not is_left_out[option.name] then
      list[#list + 1] = { name = option.name, text = option.text, owner = option.owner }
    end
  end
end

function described_options(entry)
  local list = {}
  for i = 1, #entry.params do
    local parameter, _, text = entries.parameter(entry, i)
    for _, part in ipairs(parameter == "options" and split_parts(text) or {}) do
      local name, rest = part:match "^([%a_][%w_]*)(.*)$"
      if name and (rest == "" or rest:find "^ = " or rest:find "^ %(.*%)$") then
        list[#list + 1] = { name = name, text = part, owner = entry }
      else
        add_others(list, part)
      end
    end
  end
  return list
end

--- The options of a function, in the order of its description.
---@param entry table
---@return string[] names
---@return table[] described  name, text, and owner, the function whose description has the option
function entries.options(entry)
  local described, names = described_options(entry), {}
  for i, option in ipairs(described) do
    names[i] = option.name
  end
  return names, described
end

-- --- finding --------------------------------------------------------------------

local PREFIX = { Model = "model" } -- classes by the names that stand before a dot or colon
for _, class in ipairs(CLASSES) do
  PREFIX[class.name], PREFIX[class.variable] = class.name, class.name
end

--- Sorts descriptions by the order of their classes, then of the files.
local function sort(list)
  local at = {}
  for i, entry in ipairs(list) do
    at[entry] = CLASS[entry.class].rank * #list + i
  end
  table.sort(list, function(a, b)
    return at[a] < at[b]
  end)
  return list
end

--- Finds the functions of a name, of all classes or of the one that the name begins with.
---@param name string  "sort", "pg.load", "a:sort", "Model.load"
---@return table[]
function entries.find(name)
  local before, short = name:match "^(.-)[.:]?([%w_]+)$"
  if not short then
    return {}
  end
  local class = PREFIX[before:gsub("^p?e?r?i?g?e?e?%.", "")]
  local found, of_class = {}, {}
  for _, entry in ipairs(entries.entries()) do
    if entry.name == short then
      found[#found + 1] = entry
      local is_asked = entry.class == class or class == "pg" and entry.class == "array"
      of_class[#of_class + 1] = is_asked and entry or nil
    end
  end
  return sort(#of_class > 0 and of_class or found)
end

--- Finds the functions that take an option, those that describe it first.
---@param name string
---@return table[] entries
---@return table? option  as `options` returns it
function entries.find_option(name)
  local owners, others, first = {}, {}, nil
  for _, entry in ipairs(sort { table.unpack(entries.entries()) }) do
    local _, described = entries.options(entry)
    for _, option in ipairs(described) do
      if option.name == name then
        local list = option.owner == entry and owners or others
        list[#list + 1] = entry
        first = first or option.owner == entry and option or nil
      end
    end
  end
  return table.move(others, 1, #others, #owners + 1, owners), first
end

-- --- members --------------------------------------------------------------------

--- The members of a class: fields, then methods, in the order of the files.
---@param class string  "array", "pg", "model" ...
---@return table[]  # name; kind: "field", "method" or "function"; text, a sentence; type of a
---   field; heading and entry of a function
function entries.members(class)
  local members, functions, has = {}, {}, {}
  for _, entry in ipairs(entries.entries()) do
    if entry.class == class then
      has[entry.name] = true
      functions[#functions + 1] = {
        name = entry.name, kind = is_method(entry) and "method" or "function",
        text = entries.sentence(entry.text), heading = entry.heading, entry = entry,
      }
    end
  end
  local written = all().classes[CLASS[class].written]
  for _, field in ipairs(written and written.fields or {}) do
    local name, rest = field:match "^([%a_][%w_]*)%??%s+(.*)$"
    if name and not has[name] then
      local type_text, text = split_type(rest)
      members[#members + 1] = { name = name, kind = "field", type = type_text, text = text }
    end
  end
  return table.move(functions, 1, #functions, #members + 1, members)
end

-- --- places ---------------------------------------------------------------------

--- The anchor that GitHub makes of a heading.
---@param heading string
---@return string
function entries.anchor(heading)
  return (heading:lower():gsub("[^%w _-]", ""):gsub(" ", "-"))
end

--- The places of a function in the documents: in the reference, and the page about its class.
---@param entry table
---@return string reference
---@return string page
function entries.places(entry)
  return "docs/reference.md#" .. entries.anchor(entries.signature(entry)),
    entry.page or CLASS[entry.class].page
end

return entries
