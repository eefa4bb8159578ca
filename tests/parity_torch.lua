-- Each optimizer with each activation on full MNIST, beside PyTorch: the first 50 losses.
--
--   build/perigee tests/parity_torch.lua [plan=auto] [losses=FILE]
--
-- reference/torch_curves.py makes PyTorch's losses, which takes minutes, unless there is a file
-- of them. Exit status 1 when a bound is passed, or when data or PyTorch are absent.

local HERE = arg[0]:match "^(.*)/" or "."

local pg = require "perigee"
local options = require "perigee.options"
local torch_curves = dofile(HERE .. "/reference/torch_curves.lua")

local BOUNDS = { float32 = 1e-5, float64 = 1e-10 }
local PYTHON = os.getenv "PYTHON" or "/usr/bin/python3"

local o = options.read(arg, { plan = "auto", losses = "none" })

local data <close> = assert(pg.dataset "mnist")

--- PyTorch's losses, from the file or anew.
local function read_cases()
  if o.losses ~= "none" then
    return torch_curves.cases(o.losses)
  end
  local path = os.tmpname()
  local made = os.execute(("%s '%s/reference/torch_curves.py' '%s' '%s.npz'"):format(PYTHON, HERE,
    data:path(), path))
  local cases = made and torch_curves.cases(path .. ".npz")
  os.remove(path)
  os.remove(path .. ".npz")
  if not cases then
    io.stderr:write("parity_torch: PyTorch is needed (Debian's python3-torch)\n")
    os.exit(1, true)
  end
  return cases
end

--- The largest difference between our losses and those of a case.
local function difference(case)
  case.options.seed, case.options.scale, case.options.plan = 0, 1 / 255, o.plan
  local model = pg.Model(data.x_train, data.y_train, case.options)
  return (model:fit { iterations = #case.losses } - case.losses):abs():max()
end

local failed = false
print(("%-10s %-10s %-8s %20s %8s"):format("optimizer", "activation", "dtype", "largest difference",
  "bound"))
for _, case in ipairs(read_cases()) do
  local told, found = case.options, difference(case)
  local fits = found < BOUNDS[told.dtype]
  failed = failed or not fits
  print(("%-10s %-10s %-8s %20.2e %8.0e  %s"):format(told.optimizer, told.activation, told.dtype,
    found, BOUNDS[told.dtype], fits and "ok" or "TOO LARGE"))
end
os.exit(not failed, true)
