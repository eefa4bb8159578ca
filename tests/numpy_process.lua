-- NumPy's side of a benchmark: a process that stays, so that its start is not counted.

local uv = require "luv"

local PYTHON = os.getenv "PYTHON" or "/usr/bin/python3"

--- Starts a Python script that answers each line with a number. Returns a function that sends a
--- line and gives the number; nil where there is no NumPy.
return function(script, ...)
  if not os.execute(PYTHON .. " -c 'import numpy' 2>/dev/null") then
    return nil
  end
  local stdin, stdout = uv.new_pipe(), uv.new_pipe()
  local text = ""
  assert(uv.spawn(PYTHON, { args = { script, ... }, stdio = { stdin, stdout, 2 } }))
  stdout:read_start(function(_, chunk)
    text = text .. (chunk or "\n")
  end)
  return function(line)
    text = ""
    stdin:write(line .. "\n")
    while not text:find "\n" do
      uv.run "once"
    end
    return (assert(tonumber(text), "NumPy's process ended"))
  end
end
