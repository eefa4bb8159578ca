--- Functions, libraries and keywords of Lua, with their sections in its manual.

local lua_manual = {}

local ADDRESS = "https://www.lua.org/manual/5.4/manual.html"

--- The sections about the libraries.
local LIBRARIES = {
  _G = { "6.1", "Basic Functions" },
  coroutine = { "6.2", "Coroutine Manipulation" },
  package = { "6.3", "Modules" },
  string = { "6.4", "String Manipulation" },
  utf8 = { "6.5", "UTF-8 Support" },
  table = { "6.6", "Table Manipulation" },
  math = { "6.7", "Mathematical Functions" },
  io = { "6.8", "Input and Output Facilities" },
  os = { "6.9", "Operating System Facilities" },
  debug = { "6.10", "The Debug Library" },
}

--- The sections about the keywords.
local KEYWORDS = {
  ["and"] = "3.4.5", ["break"] = "3.3.4", ["do"] = "3.3.1", ["else"] = "3.3.4",
  ["elseif"] = "3.3.4", ["end"] = "3.3.1", ["false"] = "2.1", ["for"] = "3.3.5",
  ["function"] = "3.4.11", ["goto"] = "3.3.4", ["if"] = "3.3.4", ["in"] = "3.3.5",
  ["local"] = "3.3.7", ["nil"] = "2.1", ["not"] = "3.4.5", ["or"] = "3.4.5",
  ["repeat"] = "3.3.4", ["return"] = "3.3.4", ["then"] = "3.3.4", ["true"] = "2.1",
  ["until"] = "3.3.4", ["while"] = "3.3.4",
}

local names -- of Lua's functions, by the functions, once they were asked for

--- The names of the libraries' functions, by the functions.
local function all_names()
  if names then
    return names
  end
  names = { [require] = "require" }
  for library in pairs(LIBRARIES) do
    for name, value in pairs(package.loaded[library] or {}) do
      if type(value) == "function" and debug.getinfo(value, "S").what == "C" then
        names[value] = names[value] or library == "_G" and name or library .. "." .. name
      end
    end
  end
  for name, value in pairs(debug.getregistry()["FILE*"].__index) do
    names[value] = "file:" .. name
  end
  return names
end

--- The name of a function of Lua: "string.format", "print", "file:read".
---@param f function
---@return string?
function lua_manual.name_of(f)
  return all_names()[f]
end

--- Tells if the standard library has a function of that name.
local function is_function(name)
  for _, each in pairs(all_names()) do
    if each == name then
      return true
    end
  end
  return false
end

--- Finds a name in the manual.
---@param name string  "string.format", "print", "string", "goto"
---@return string?  # its kind and section; nil for a name that Lua does not have
---@return string  # its address
function lua_manual.find(name)
  local library = LIBRARIES[name]
  if KEYWORDS[name] then
    return ("a word of the language: section %s of Lua's manual"):format(KEYWORDS[name]),
      ADDRESS .. "#" .. KEYWORDS[name]
  elseif library and name ~= "_G" then
    return ("a library of Lua: section %s of its manual, %s"):format(library[1], library[2]),
      ADDRESS .. "#" .. library[1]
  elseif not is_function(name) then
    return nil
  end
  library = LIBRARIES[name == "require" and "package" or name:match "^file:" and "io"
    or name:match "^(%w+)%." or "_G"]
  return ("a function of Lua: section %s of its manual, %s"):format(library[1], library[2]),
    ADDRESS .. "#pdf-" .. name
end

return lua_manual
