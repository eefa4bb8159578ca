--- pg.dropout: elements of a layer that are left out by chance while it is trained.

local core = require "perigee.core"
local errors = require "perigee.util.errors"

local dropout = {}

local GENERATOR = getmetatable(core.random(0))

--- The training step that runs, nil outside of one: its `generator`, and the `thread` that makes
--- it. A step whose thread has died by an error is none.
---@type { generator: perigee.random, thread: thread }?
dropout.step = nil

--- The generator of the training step that runs.
local function generator_of_step()
  local step = dropout.step
  return step and coroutine.status(step.thread) ~= "dead" and step.generator or nil
end

local function check_probability(p)
  if math.type(p) == nil or not (p >= 0 and p <= 1) then
    errors.raise("dropout: p is the probability of 0, from 0 to 1, not %s", errors.describe(p))
  end
end

--- Sets each element to 0 with probability p, and divides the others by 1 - p, so that the mean
--- stays, as torch.nn.functional.dropout. With p = 1 all are 0.
---
--- Without a generator that happens in training steps only; elsewhere `a` itself is returned. With
--- one it always happens: `pg.random(0)` gives the same zeros each time. An element takes a number
--- of the generator, in row-major order, for every dtype and number of threads. Floats keep their
--- dtype, others give float64.
---
---     pg.dropout(pg.ones(4), 0.5, pg.random(1))
---     --> [0., 2., 0., 0.] float64 (4,)
---     pg.dropout(pg.ones(3), 0.5)  --> [1., 1., 1.] float64 (3,)
---@param a perigee.like
---@param p number  0 to 1
---@param generator? perigee.random  default that of the training step
---@return perigee.array  # of a's shape
function dropout.dropout(a, p, generator)
  check_probability(p)
  if generator ~= nil and getmetatable(generator) ~= GENERATOR then
    errors.raise("dropout: a generator is needed, as pg.random(seed), not %s (without one, dropout "
      .. "does nothing outside of a training step)", errors.describe(generator))
  end
  if type(a) == "table" and not getmetatable(a) then
    a = core.array(a)
  end
  generator = generator or generator_of_step()
  if not generator then
    return a
  elseif math.type(a) then
    return a * core.dropout_mask({ 1 }, p, generator)[1]
  end
  return a * core.dropout_mask(a, p, generator)
end

return dropout
