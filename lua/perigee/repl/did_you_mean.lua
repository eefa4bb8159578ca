--- The hint for Lua's own errors at the prompt, "attempt to call a nil value (field 'forwrd')": it
--- looks for similar names where completion would.

local collections = require "perigee.util.collections"
local completion = require "perigee.repl.complete.completion"
local suggest = require "perigee.util.suggest"
local synonyms = require "perigee.util.synonyms"

local did_you_mean = {}

--- The hint at the end of an error's message.
---@param message string  "... attempt to call a nil value (field 'forwrd')"
---@param line string  the line that the message names
---@param visible perigee.repl.visible
---@return string  # "; did you mean 'forward'?", or ""
function did_you_mean.hint(message, line, visible)
  local kind, name = message:match "attempt to [%a ]+ a nil value %((%a+) '([%w_]+)'%)"
  local is_global = kind == "global"
  if not (is_global or kind == "field" or kind == "method") then
    return ""
  end
  local at = line:find((is_global and "%f[%w_]()" or "[.:]%s*()") .. name .. "%f[^%w_]")
  at = at and line:find(name, at, true)
  local found = at and completion.complete(
    line:sub(1, at - 1) .. (is_global and name:sub(1, 1) or ""), visible)
  if not found then
    return ""
  end
  local synonym = synonyms.functions[name]
  return collections.set(found.candidates)[synonym] and ("; did you mean '%s'?"):format(synonym)
    or suggest.suggestion(name, found.candidates)
end

return did_you_mean
