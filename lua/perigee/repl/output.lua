--- Output of the prompt, which works when a chunk has replaced the methods of files.

local output = {}

local stdout, stderr = io.stdout, io.stderr
local write, flush = stdout.write, stdout.flush

--- Writes texts to standard output.
---@param ... string
function output.write(...)
  write(stdout, ...)
end

--- Writes texts to standard error, after what was written to standard output.
---@param ... string
function output.write_error(...)
  flush(stdout)
  write(stderr, ...)
end

function output.flush()
  flush(stdout)
end

return output
