--- What may stand in a string that is being typed: the name of a module, a key, a topic, a choice,
--- or a file.

local signatures = require "perigee.repl.introspect.signatures"
local paths = require "perigee.repl.complete.paths"
local candidates = require "perigee.repl.complete.candidates"
local members = require "perigee.repl.introspect.members"
local cursor_context = require "perigee.repl.syntax.cursor_context"
local resolve = require "perigee.repl.introspect.resolve"
local printable = require "perigee.util.printable"

local is = cursor_context.is

local strings = {}

-- --- as text ----------------------------------------------------------------------

local ESCAPES = { n = "\n", t = "\t" }

--- What a string that was begun says, and the mark that ends it.
local function read(token)
  local level, text = token.text:match "^%[(=*)%[(.*)$"
  if level then
    return text, nil, token.first + #level + 2
  end
  text = token.text:sub(2):gsub("\\(%d%d?%d?)", function(code)
    return tonumber(code) < 256 and string.char(tonumber(code)) or nil
  end):gsub("\\(%D)", function(letter)
    return ESCAPES[letter] or letter
  end)
  return text, token.text:sub(1, 1), token.first + 1
end

--- A text as it is written between such marks: bytes that are no UTF-8 as numbers, too. Nil for one
--- that cannot be written between long brackets and be shown.
local function written(text, quote)
  if not quote then
    return printable.name(text) == text and text or nil
  end
  local pattern = ("[\0-\31\127\\%s]"):format(quote)
  return (printable.replaced(text, pattern, function(bytes)
    if bytes == quote or bytes == "\\" then
      return "\\" .. bytes
    end
    return (bytes:gsub(".", function(byte)
      return ("\\%03d"):format(byte:byte())
    end))
  end))
end

-- --- choices ----------------------------------------------------------------------

local function add_datasets(found)
  found:add_all(require("perigee.data.dataset").NAMES)
end

--- The columns of a table of results.
local function add_columns(found, owner)
  local columns = owner.value ~= nil and owner.value.columns
  found:add_all(type(columns) == "table" and columns or {})
end

--- What a parameter may be, where its type does not say it: by the class and name of its function,
--- or by its own name.
local SPECIAL = {
  ["pg.dataset"] = add_datasets,
  ["pg.help"] = function(found)
    found:add_all(signatures.topics())
  end,
  ["archive:name"] = function(found, owner)
    members.add_keys(owner, found)
  end,
  ["table:name"] = add_columns,
  ["table:names"] = add_columns,
  ["table:values"] = add_columns,
}

local function special(entry, parameter)
  return SPECIAL[entry.class .. "." .. entry.name] or SPECIAL[entry.class .. ":" .. parameter.name]
end

local function add_option(found, entry, key)
  local choices, is_dataset = signatures.option_choices(entry, key)
  found:add_all(choices)
  if is_dataset then
    add_datasets(found)
  end
end

--- What may be said in an argument of a function that has a description.
local function add_argument(found, argument, context)
  local entry, before, owner = resolve.entry(argument.callee, context)
  local parameter = entry and signatures.parameter(entry, argument.position - before)
  if argument.table and argument.table.key then
    if entry and parameter then
      add_option(found, entry, argument.table.key)
    end
  elseif parameter then
    local add = special(entry, parameter)
    if add then
      add(found, owner or {})
    end
    found:add_all(signatures.choices(parameter))
  end
end

--- The keys that an argument's table can have and has not: options, or a table's columns.
---@param argument perigee.repl.argument  in a table, where an element begins
---@param context perigee.repl.context
---@return string[]
function strings.option_keys(argument, context)
  local entry, before, owner = resolve.entry(argument.callee, context)
  local parameter = entry and signatures.parameter(entry, argument.position - before)
  local keys, found = {}, candidates.new ""
  if parameter and parameter.name == "options" then
    found:add_all(signatures.options(entry))
  elseif parameter and parameter.name == "values" and special(entry, parameter) then
    add_columns(found, owner)
  end
  for _, name in ipairs(found:sorted()) do
    if not argument.table.keys[name] then
      local is_name = name:find "^[%a_][%w_]*$"
      keys[#keys + 1] = (is_name and name or ('["%s"]'):format(written(name, '"'))) .. " = "
    end
  end
  return keys
end

-- --- a string ---------------------------------------------------------------------

--- Whether a string is what `require` is told.
local function is_required(tokens, last)
  return is(tokens[last], "require") or is(tokens[last], "(") and is(tokens[last - 1], "require")
end

--- What the names are that may stand in the string after the token at `last`, and nothing else may.
local function add_known(found, tokens, last, context)
  if is_required(tokens, last) then
    paths.add_modules(found, context.scope.modules)
    return true
  elseif is(tokens[last], "[") and cursor_context.ends_prefix(tokens[last - 1]) then
    local known = resolve.known(cursor_context.chain(tokens, last - 1), context)
    if known then
      members.add_keys(known, found)
    end
    return true
  end
  local argument = cursor_context.argument(tokens, last)
  if argument then
    add_argument(found, argument, context)
  end
  return #found.names > 0
end

--- What may stand in a string that is open at the end of the text.
---@param tokens perigee.repl.token[]  of what comes before it
---@param token perigee.repl.token  the string
---@param context perigee.repl.context
---@return table  # first, candidates, ending, files: as completion.complete gives them
function strings.complete(tokens, token, context)
  local text, quote, first = read(token)
  local found = candidates.new(text)
  local is_file = not add_known(found, tokens, #tokens, context)
  if is_file then
    paths.add(found)
  end
  local names = found:sorted()
  local goes_on = #names == 1 and names[1]:find "[/.]$"
  local shown = {}
  for _, each in ipairs(names) do
    shown[#shown + 1] = written(each, quote)
  end
  return {
    first = first, candidates = shown, ending = not goes_on and quote or "",
    files = is_file or nil,
  }
end

return strings
