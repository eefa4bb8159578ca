--- What is written about each public function, as text: for help and for the reference.
---
--- It stands once, in the comments above the function: in lua/meta/perigee.lua for what is made
--- in C, and in the library's own files for the rest.

local errors = require "perigee.util.errors"
local comments = require "perigee.help.comments"

local help = {}

local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*/[^/]*$" or ".."

-- The pages about arrays and kernels, and about models.
local NUMPY = "docs/numpy.md"
local NEXT = "docs/models.md"

--- Where functions made in Lua are described: their file, and their name there. Of one of the
--- module: what it is listed under, if not "showing", and a page about it, if not the module's.
local IN_LUA = {
  { file = "model/model.lua", name = "new", class = "pg", public = "Model", heading = "models",
    page = NEXT },
  { file = "model/model.lua", prefix = "Model", class = "model" },
  { file = "data/dataset.lua", name = "dataset.open", class = "pg", public = "dataset",
    heading = "reading and writing" },
  { file = "util/progress.lua", name = "progress.each", class = "pg", public = "progress" },
  { file = "plot/plot.lua", name = "", class = "pg", public = "plot" },
  { file = "image/show.lua", name = "show.show", class = "pg", public = "show" },
  { file = "image/png.lua", name = "png.save", class = "pg", public = "save_png" },
  { file = "help/entries.lua", name = "help.show", class = "pg", public = "help",
    heading = "the prompt" },
  { file = "sweep.lua", prefix = "sweep", class = "sweep" },
  { file = "sweep/trial/trial.lua", prefix = "Trial", class = "trial" },
  { file = "sweep/study.lua", prefix = "Study", class = "study" },
  { file = "sweep/table/table.lua", prefix = "Table", class = "table" },
}

--- The classes, those first whose functions are more likely meant by a name that several have:
--- as what one is known in examples, where its class is written, its section of the reference, and
--- a page about it.
local CLASSES = {
  { name = "pg", written = "perigee", variable = "pg", several = "functions",
    title = 'the module: pg = require "perigee"', section = "Contents", page = NUMPY },
  { name = "array", written = "perigee.array", variable = "a", several = "arrays",
    title = "an array", section = "Arrays", page = NUMPY },
  { name = "model", written = "perigee.Model", variable = "m", several = "models",
    title = "a model", section = "Models", page = NEXT },
  { name = "sweep", variable = "sweep", several = "sweeps",
    title = 'the module for sweeps: sweep = require "perigee.sweep"', section = "Sweeps",
    page = "docs/sweeps.md" },
  { name = "study", written = "perigee.sweep.study", variable = "study", several = "studies",
    title = "a study", section = "Studies", page = "docs/sweeps.md" },
  { name = "table", written = "perigee.sweep.table", variable = "t", several = "tables",
    title = "a table of results", section = "Tables of results", page = "docs/sweeps.md#results" },
  { name = "archive", written = "perigee.archive", variable = "data", several = "archives",
    title = "an archive", section = "Archives", page = NUMPY },
  { name = "random", written = "perigee.random", variable = "g", several = "generators",
    title = "a generator of random numbers", section = "Random numbers", page = NUMPY },
  { name = "trial", written = "perigee.sweep.trial", variable = "trial", several = "trials",
    title = "a trial", section = "Trials", page = "docs/sweeps.md#a-study" },
}

local CLASS = {}
for i, class in ipairs(CLASSES) do
  class.rank = i
  CLASS[class.name] = class
end

-- --- reading -------------------------------------------------------------------

--- The meta file, beside the library or where it is installed.
local function open_meta()
  return io.open(here .. "/../meta/perigee.lua")
    or assert(io.open(here .. "/../../../perigee/meta/perigee.lua"))
end

--- All that the files say: functions in their order, and classes by the name they are written by.
local function read_all()
  local entries, classes = comments.of_file(open_meta())
  for _, entry in ipairs(entries) do
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
        entries[#entries + 1] = entry
      end
    end
    for name, class in pairs(described) do
      classes[name] = class
    end
  end
  return { entries = entries, classes = classes }
end

local cache

local function all()
  cache = cache or read_all()
  return cache
end

--- Every public function's description, in the order of the files.
---@return table[] entries  class, name, full, parameters, heading; text and example, as lines;
---   params and returns, as they are written behind their tags; where it is made in Lua, its
---   source (as debug.getinfo has it) and line
function help.entries()
  return all().entries
end

--- The classes that functions are listed under, the module among them.
---@return table[]  # name; variable, as which one is known in examples; title, what one is;
---   several, the word for them; section, of the reference; page, about it
function help.classes()
  return CLASSES
end

--- What is known of a class.
---@param name string  "array"
---@return table?
function help.class(name)
  return CLASS[name]
end

--- The comment of a class, as lines.
---@param name string
---@return string[]
function help.class_text(name)
  local written = all().classes[CLASS[name].written]
  return written and written.text or {}
end

--- The comment of a type.
---@param name string  "perigee.dtype", "perigee.array"
---@return table?  # as comments.read gives it; nil for a type without a comment
function help.type(name)
  return all().classes[name]
end

-- --- parts of a description -------------------------------------------------------

--- Whether the function is called with a colon.
local function is_method(entry)
  return entry.class ~= "pg" and entry.class ~= "sweep" and not entry.full:find "^Model%."
end

--- What stands before the parentheses of a call: "a:take", "pg.load", "pg.Model.load".
---@param entry table
---@return string
function help.name(entry)
  if entry.full:find "^Model%." then
    return "pg." .. entry.full -- a function of the class
  end
  return CLASS[entry.class].variable .. (is_method(entry) and ":" or ".") .. entry.name
end

--- How the function is called: "a:take(positions, axis)".
---@param entry table
---@return string
function help.signature(entry)
  return ("%s(%s)"):format(help.name(entry), (entry.parameters:gsub("^_, ", "")))
end

--- The first sentence.
---@param lines string[]
---@return string
function help.sentence(lines)
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

--- One line behind a tag: what stands before two spaces is a type, what stands after it is text.
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
---@return string? name  nil where there is none
---@return string type
---@return string text
---@return boolean is_optional
function help.parameter(entry, index)
  local written = entry.params[index]
  if not written then
    return nil
  end
  local name, mark, rest = written:match "^(%S-)(%??)%f[%s\0]%s*(.*)$"
  local type_text, text = split_type(rest)
  return name, type_text, text, mark == "?"
end

--- What a function returns.
---@param entry table
---@param index integer  from 1
---@return string? type  nil where there is none
---@return string text  with the value's name, if it has one
function help.returned(entry, index)
  local written = entry.returns[index]
  if not written then
    return nil
  end
  return split_type(written)
end

-- --- options --------------------------------------------------------------------
-- A parameter named `options` tells of them in this form, and a spec holds it to that:
--   name = default (text); name (text); name; those of `m:steps` but name, name

local OPENING, CLOSING = { ["("] = true, ["{"] = true }, { [")"] = true, ["}"] = true }

--- The parts of a text between semicolons that are not inside parentheses or quotes.
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

local add_options

--- Adds what is said as "those of `m:steps` but resume, progress".
local function add_others(list, part)
  local other, exceptions = part:match "^those of `([^`]+)`(.*)$"
  if not other then
    error(("help: options are told of as `name = default (text)`, not as '%s'"):format(part))
  end
  local is_left_out = {}
  for name in exceptions:gsub("^ but ", ""):gmatch "[%w_]+" do
    is_left_out[name] = true
  end
  local others = add_options({}, help.find(other)[1])
  for _, option in ipairs(others) do
    if not is_left_out[option.name] then
      list[#list + 1] = { name = option.name, text = option.text, owner = option.owner }
    end
  end
end

function add_options(list, entry)
  for i = 1, #entry.params do
    local parameter, _, text = help.parameter(entry, i)
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

--- The options that a function takes in a table, in the order in which they are told of.
---@param entry table
---@return string[] names
---@return table[] told  of each: name, text, and owner, the function whose description has it
function help.options(entry)
  local told, names = add_options({}, entry), {}
  for i, option in ipairs(told) do
    names[i] = option.name
  end
  return names, told
end

-- --- finding --------------------------------------------------------------------

local PREFIX = { Model = "model" } -- as what a class is written before a method
for _, class in ipairs(CLASSES) do
  PREFIX[class.name], PREFIX[class.variable] = class.name, class.name
end

--- The more likely first: a class that comes first in the list of them, then the file's order.
local function by_likelihood(entries)
  local at = {}
  for i, entry in ipairs(entries) do
    at[entry] = CLASS[entry.class].rank * #entries + i
  end
  table.sort(entries, function(a, b)
    return at[a] < at[b]
  end)
  return entries
end

--- The functions of a name, the most likely first: of the module, and of each class that has it.
---@param name string  "sort", "pg.load", "a:sort", "Model.load"
---@return table[]
function help.find(name)
  local before, short = name:match "^(.-)[.:]?([%w_]+)$"
  if not short then
    return {}
  end
  local class = PREFIX[before:gsub("^p?e?r?i?g?e?e?%.", "")]
  local found, of_class = {}, {}
  for _, entry in ipairs(help.entries()) do
    if entry.name == short then
      found[#found + 1] = entry
      local is_asked = entry.class == class or class == "pg" and entry.class == "array"
      of_class[#of_class + 1] = is_asked and entry or nil
    end
  end
  return by_likelihood(#of_class > 0 and of_class or found)
end

--- The functions that take an option: those first that tell of it themselves.
---@param name string
---@return table[] entries
---@return table? told  of the option, as `options` has it
function help.find_option(name)
  local owners, others, first = {}, {}, nil
  for _, entry in ipairs(by_likelihood { table.unpack(help.entries()) }) do
    local _, told = help.options(entry)
    for _, option in ipairs(told) do
      if option.name == name then
        local list = option.owner == entry and owners or others
        list[#list + 1] = entry
      end
    end
  end
  if owners[1] then
    local _, told = help.options(owners[1])
    for _, option in ipairs(told) do
      first = first or option.name == name and option or nil
    end
  end
  return table.move(others, 1, #others, #owners + 1, owners), first
end

-- --- members --------------------------------------------------------------------

--- What values of a class have: their fields, then their methods, in the order of the files.
---@param class string  "array", "pg", "model" ...
---@return table[]  # name; kind: "field", "method" or "function"; text, a sentence; type, of a
---   field; heading and entry, of the others
function help.members(class)
  local members, functions, has = {}, {}, {}
  for _, entry in ipairs(help.entries()) do
    if entry.class == class then
      has[entry.name] = true
      functions[#functions + 1] = {
        name = entry.name, kind = is_method(entry) and "method" or "function",
        text = help.sentence(entry.text), heading = entry.heading, entry = entry,
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

--- The anchor that GitHub gives a heading, before those that it numbers.
---@param heading string
---@return string
function help.anchor(heading)
  return (heading:lower():gsub("[^%w _-]", ""):gsub(" ", "-"))
end

--- Where the documents tell of a function: the reference, and the page about its class.
---@param entry table
---@return string reference
---@return string page
function help.places(entry)
  return "docs/reference.md#" .. help.anchor(help.signature(entry)),
    entry.page or CLASS[entry.class].page
end

-- --- showing --------------------------------------------------------------------

--- Texts of chunks that stand in no file, by debug.getinfo's `source` of their functions, such as
--- "=stdin": who runs chunks puts them here, so that the comments in them are found.
help.sources = {}

--- The whole description as it is shown: signature, sentences, parameters, returned values,
--- example, and where it stands.
---@param entry table
---@return string
function help.text(entry)
  local page = require "perigee.help.page"
  return page.text(page.of_entry(entry))
end

--- Prints what something is, and what can be done with it; without an argument, the way in.
--- Functions of Perigee are shown with their parameters and an example, your own with the comment
--- above them; arrays, models and the like with what they have. An option's name shows the function
--- that takes it, "all" lists all names. Raises for a name that there is not, and names what is
--- spelt like it.
---
---     help "sort"    -- or help "a:sort", help(pg.sort)
---     help(m)        -- what a model has, and can do
---     help "batch"   -- an option
---@param what? any  a value, or a name: "sort", "a:sort", "batch"
function help.show(what)
  local page, message = require("perigee.help.lookup")(what)
  if not page then
    errors.raise(message)
  end
  require("perigee.help.page").print(page)
end

return help
