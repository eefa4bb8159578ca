--- Functions as text: the public name, the parameters, the position in the source.

local c_locale = require "perigee.util.c_locale"
local classes = require "perigee.repl.introspect.classes"
local escape = require "perigee.repl.pretty.escape"
local public = require "perigee.util.public"

local functions = {}

local LONGEST_WORD = 100 -- bytes of a name or a path

local names -- by function, while a value is printed

--- The names of all functions in loaded modules: "print", "string.format". The shortest name wins;
--- `_`, the prompt's last value, is none.
local function list_names()
  local list = {}
  local function add(prefix, module)
    for name, value in next, type(module) == "table" and module or {} do
      if type(value) == "function" and type(name) == "string" and name ~= "_" then
        local full, best = prefix .. name, list[value]
        if not best or #full < #best or #full == #best and full < best then
          list[value] = full
        end
      end
    end
  end
  for name, module in next, package.loaded do
    local prefix = name == "_G" and ""
      or escape.first_line(c_locale.tostring(name), LONGEST_WORD) .. "."
    add(prefix, module)
    add(prefix, name ~= "_G" and classes.metafield(module, "__index")) -- perigee's are there
  end
  return list
end

--- Forgets the names, because modules may have changed.
function functions.forget_names()
  names = nil
end

--- A function's head and position: "function f(a, b)" and "file.lua:12", or "[C]".
---@param f function
---@return string head
---@return string position
function functions.describe(f)
  names = names or list_names()
  local head = "function" .. (names[f] and " " .. escape.first_line(names[f], LONGEST_WORD) or "")
  f = public.written(f)
  local info = debug.getinfo(f, "Su")
  if info.what == "C" then -- its parameters are not known
    return head, "[C]"
  end
  local parameters = {}
  for i = 1, info.nparams do
    parameters[i] = debug.getlocal(f, i) or "?" -- stripped code lacks names
  end
  parameters[#parameters + 1] = info.isvararg and "..." or nil
  return ("%s(%s)"):format(head, table.concat(parameters, ", ")),
    ("%s:%d"):format(escape.first_line(info.short_src, LONGEST_WORD), info.linedefined)
end

return functions
