-- Prints what the model of docs/cluster.md predicts for trainings by 1 to 1024 ranks.
--
--   build/perigee tests/predict_ranks.lua [row=0.85 ...]
--
-- A step of n rows takes, on P ranks of t threads, with S shards and G bytes of gradients,
--
--   ceil(S / P) / S * n * row / t      the rows of the rank that has most shards
--   + optimizer * G                    each rank makes the optimizer's step on all weights
--   + 3 latency + 3 (P - 1) message    a meeting, an all-to-all and an all-gather
--   + 2 G (P - 1) / P / bandwidth      a piece of the gradients to each rank, and the sums back
--   + G / adding                       each rank adds P pieces of G / P bytes

local options = require "perigee.options"

local o = options.read(arg, {
  row = 0.85, -- us for a row of 784-100-10 on one core
  optimizer = 0.3, -- us for a kB of weights
  adding = 10, -- GB/s
  threads = 1,
})

--- Latency of a call and cost of a message in us, and GB/s.
local NETWORKS = {
  { "one machine, shared memory", latency = 2.6, message = 0.5, bandwidth = 9.5 },
  { "100 Gbit/s InfiniBand", latency = 4, message = 0.6, bandwidth = 11 },
  { "10 Gbit/s Ethernet, TCP", latency = 40, message = 3, bandwidth = 1.1 },
}

local function shards_of(n)
  local groups, count = (n + 127) // 128, 16
  while count < 1024 and count * 16 < groups do
    count = count * 2
  end
  return math.min(count, groups)
end

--- The milliseconds of a step.
local function predict(n, hidden, ranks, network)
  local shards, bytes = shards_of(n), (784 * hidden + hidden * 11 + 10) * 4
  local rows = math.ceil(shards / ranks) / shards * n
  local compute = rows * o.row * hidden / 100 / o.threads + o.optimizer * bytes / 1000
  if ranks == 1 then
    return compute / 1000
  end
  local exchange = 3 * network.latency + 3 * (ranks - 1) * network.message
    + 2 * bytes * (ranks - 1) / ranks / network.bandwidth / 1000 + bytes / o.adding / 1000
  return (compute + exchange) / 1000
end

local COUNTS = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024 }

for _, case in ipairs { { 60000, 100 }, { 60000, 1000 }, { 1000000, 100 }, { 100000000, 1000 } } do
  local n, hidden = case[1], case[2]
  print(("\n%d rows, 784-%d-10: %d shards, %.2f MB of gradients"):format(n, hidden, shards_of(n),
    (784 * hidden + hidden * 11 + 10) * 4e-6))
  local head = { ("%-28s"):format "ranks" }
  for _, ranks in ipairs(COUNTS) do
    head[#head + 1] = ("%9d"):format(ranks)
  end
  print(table.concat(head))
  for _, network in ipairs(NETWORKS) do
    local row, one = { ("%-28s"):format(network[1]) }, predict(n, hidden, 1, network)
    for _, ranks in ipairs(COUNTS) do
      local ms = predict(n, hidden, ranks, network)
      row[#row + 1] = ("%9s"):format(
        ranks == 1 and ("%.0f ms"):format(ms) or ("%.1f"):format(one / ms))
    end
    print(table.concat(row))
  end
end
