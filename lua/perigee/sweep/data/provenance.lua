--- The provenance of a study's trials: script, machine and versions, for the first line of a
--- journal.

local core = require "perigee.core"
local external = require "perigee.util.external"
local hash = require "perigee.sweep.data.hash"
local uv = external.require "luv"

local provenance = {}

--- The file of a function, and its hash; nil for a function that is in no file.
---@param f function
---@return { path: string, hash: string }?
function provenance.script(f)
  local path = debug.getinfo(f, "S").source:match "^@(.*)$"
  local text_hash = path and hash.file(path)
  return text_hash and { path = path, hash = text_hash } or nil
end

--- The hash of the script's text, or of the code of a function that is in no file. Checkpoints of
--- other code are not resumed.
---@param script? { path: string, hash: string }  the file of `run`
---@param run function
---@return string
function provenance.code(script, run)
  local is_lua = debug.getinfo(run, "S").what ~= "C"
  return script and script.hash or hash.of(is_lua and string.dump(run, true) or "")
end

--- The machine and the versions, as names and texts.
---@return table<string, string|integer>
function provenance.machine()
  local info, system, processors = core.info(), uv.os_uname(), uv.cpu_info() or {}
  return {
    host = uv.os_gethostname(), system = ("%s %s %s"):format(system.sysname, system.release,
      system.machine),
    processor = processors[1] and processors[1].model or "unknown", cores = #processors,
    threads = core.threads(), kernels = info.kernels, perigee = info.version, lua = _VERSION,
    blas = info.blas,
  }
end

return provenance
