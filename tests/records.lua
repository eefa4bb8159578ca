-- An output of busted for tests/run.lua: TAP, in the file that $SPEC_RECORDS names, with a line
-- where a spec begins, and its seconds and its place where it ends. Standard output is left to the
-- specs.

local LONGEST = 20000 -- bytes that are shown of a message

--- A text as lines of comments.
local function comment(text)
  if #text > LONGEST then
    text = text:sub(1, LONGEST) .. " ..."
  end
  return "# " .. text:gsub("\n$", ""):gsub("\n", "\n# ") .. "\n"
end

local function on_one_line(text)
  return (text:gsub("%c", " "))
end

return function()
  local busted = require "busted"
  local handler = require "busted.outputHandlers.base"()
  local file = assert(io.open(assert(os.getenv "SPEC_RECORDS", "SPEC_RECORDS is not set"), "w"))
  file:setvbuf "line"

  local count = 0

  local function ended(result, name, element)
    count = count + 1
    local trace = element.trace or {}
    file:write(("%s %d - %s\n"):format(result, count, on_one_line(name)),
      ("# %.3f s, %s:%s\n"):format(element.duration or 0, trace.short_src or element.name or "?",
        trace.currentline or 0))
  end

  --- Writes a failure: its message begins with the place, and the stack follows where a spec or
  --- what it calls raised an error that is no assertion.
  local function failed(failure)
    ended("not ok", failure.name, failure.element)
    file:write(comment(tostring(failure.message)))
    if failure.isError and failure.trace and failure.trace.traceback then
      file:write(comment(failure.trace.traceback))
    end
  end

  local function test_start(element)
    file:write("# begins: ", on_one_line(handler.getFullName(element)), "\n")
    return nil, true
  end

  local function test_end(element, _, status)
    if status == "success" then
      ended("ok", handler.getFullName(element), element)
    elseif status == "pending" then
      local pending = handler.pendings[#handler.pendings]
      ended("ok", pending.name .. " # SKIP " .. on_one_line(pending.message or ""), element)
    elseif status == "failure" then
      failed(handler.failures[#handler.failures])
    else
      failed(handler.errors[#handler.errors])
    end
    return nil, true
  end

  --- An error outside specs: by a file, or what stands before and behind its specs.
  local function error_outside(element)
    if element.descriptor ~= "it" then
      failed(handler.errors[#handler.errors])
    end
    return nil, true
  end

  busted.subscribe({ "test", "start" }, test_start, { predicate = handler.cancelOnPending })
  busted.subscribe({ "test", "end" }, test_end, { predicate = handler.cancelOnPending })
  busted.subscribe({ "error" }, error_outside)
  return handler
end
