--- What a name may have been meant to be by which nothing was found: an error says that it is nil.

local schema = require "perigee.util.schema"
local completion = require "perigee.repl.complete.completion"
local synonyms = require "perigee.util.synonyms"
local suggest = require "perigee.util.suggest"

local did_you_mean = {}

--- Where a name stands behind a dot or colon, or alone, in a line; nil where it does not.
local function place_of(name, line, is_member)
  local at = line:find((is_member and "[.:]%s*()" or "%f[%w_]()") .. name .. "%f[^%w_]")
  return at and line:find(name, at, true)
end

--- The end of an error's message.
---@param message string  "... attempt to call a nil value (field 'forwrd')"
---@param line string  the one that it names
---@param visible perigee.repl.visible
---@return string  # "; did you mean 'forward'?", or ""
function did_you_mean.suggestion(message, line, visible)
  local kind, name = message:match "attempt to [%a ]+ a nil value %((%a+) '([%w_]+)'%)"
  local is_global = kind == "global"
  local at = (is_global or kind == "field" or kind == "method")
    and place_of(name, line, not is_global)
  local found = at and completion.complete(
    line:sub(1, at - 1) .. (is_global and name:sub(1, 1) or ""), visible)
  if not found then
    return ""
  end
  local other = synonyms[name]
  return schema.set(found.candidates)[other] and ("; did you mean '%s'?"):format(other)
    or suggest.suggestion(name, found.candidates)
end

return did_you_mean
