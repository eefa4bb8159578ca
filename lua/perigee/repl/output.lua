--- What the prompt writes. The methods of files are those of before the user could take them away.

local output = {}

local stdout, stderr = io.stdout, io.stderr
local write, flush = stdout.write, stdout.flush

--- Writes texts on standard output.
---@param ... string
function output.write(...)
  write(stdout, ...)
end

--- Writes texts on standard error, behind what was written on standard output.
---@param ... string
function output.complain(...)
  flush(stdout)
  write(stderr, ...)
end

function output.flush()
  flush(stdout)
end

return output
