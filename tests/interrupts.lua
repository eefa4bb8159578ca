-- Ctrl-C within the core's work, for the specs and the benchmark: what is interrupted, and how long
-- that takes.

local interrupts = {}

-- What a session does: `make` gives data on which `run` takes more than a second in one thread,
-- over and over. Behind it, `check` must hold.
interrupts.OPERATIONS = {
  dot = [[
    local a, b = pg.rand(3000, 3000), pg.rand(3000, 3000)
    run(function() return a:dot(b) end)
    check(pg.eye(2):dot({ { 1, 2 }, { 3, 4 } }):get(2, 1) == 3)
  ]],
  dot_of_integers = [[
    local a = pg.ones(1300, 1300, "int32")
    run(function() return a:dot(a) end)
    check(a:sum() == 1300 * 1300)
  ]],
  order = [[
    local a = pg.rand(8000000)
    local sum = a:sum()
    run(function() return a:sort(), a:argsort(), a:unique() end)
    check(a:sum() == sum and pg.sort({ 3, 1, 2 }):get(1) == 1)
  ]],
  images = [[
    local core = require "perigee.core"
    local x, k = pg.rand(64, 16, 100, 100), pg.rand(32, 16, 5, 5)
    local sum = x:sum()
    run(function()
      local out, positions = core.max_pool2d_with_positions(x, 5, { stride = 1 })
      return core.pool_scatter(out, positions, x.shape), x:conv2d(k),
        core.conv2d_input_gradient(pg.ones(64, 32, 96, 96), k, x.shape),
        core.conv2d_kernel_gradient(pg.ones(64, 32, 96, 96), x, k.shape)
    end)
    check(x:sum() == sum and pg.ones(1, 1, 2, 2):conv2d(pg.ones(1, 1, 2, 2)):item() == 4)
  ]],
  draws = [[
    local g, state = pg.random(7)
    run(function()
      state = g:get_state()
      return g:randn(10000000)
    end)
    check(g:get_state():eq(state):min()) -- what was given up was not drawn
  ]],
  shuffle = [[
    local a, g = pg.range(1, 8000000), pg.random(1)
    run(function() return g:shuffle(a) end)
    check(a:sort():eq(pg.range(1, 8000000)):min())
  ]],
  permutation = [[
    run(function() return pg.permutation(10000000), pg.choice(10000000, 1000000, false) end)
    check(pg.permutation(9):sum() == 45)
  ]],
  numbers = [[
    local a = pg.rand(10000000)
    local mask = a:gt(0.5)
    run(function()
      return (a + a):tanh(), a:std(), a:cumsum(), a:astype "int32", a[mask], pg.where(mask, a, 0),
        pg.histogram(a, 20), pg.concat { a, a }, a:argmax(), a:reshape(-1, 10):softmax()
    end)
    check((a[1] + a[2]) - a:rows(1, 2):sum() == 0)
  ]],
  networks = [[
    local core = require "perigee.core"
    local a, g = pg.rand(1000000, 10), pg.random(7)
    local y, state = pg.randint(0, 10, 1000000), nil
    run(function()
      state = g:get_state()
      return a:gelu(), a:leaky_relu(), a:log_softmax(), a:logsumexp(),
        pg.softmax_cross_entropy(a, y), pg.softmax_cross_entropy(a, a),
        core.softmax_cross_entropy_gradient(a, y), core.softmax_cross_entropy_gradient(a, a),
        pg.dropout(a, 0.5, g)
    end)
    check(g:get_state():eq(state):all()) -- what was given up was not drawn
    check(pg.softmax_cross_entropy(pg.zeros(2, 1), { 0, 0 }) == 0)
  ]],
  backward = [[
    local core = require "perigee.core"
    local a, places = pg.rand(4000, 2000), pg.randint(1, 4001, 8000000)
    run(function()
      return core.sum_to(a, a[1]), core.broadcast_to(a[1], a), core.add_at(a, a:gt(0.5), 1),
        core.add_at(a, "::2", 1), core.add_at(a[{ {}, 1 }], places, a:reshape(-1)),
        core.add_at_axis(a, places:rows(1, 4000), 1, a)
    end)
    check(core.sum_to(pg.ones(3, 2), pg.ones(2)):get(2) == 3)
  ]],
  gradients = [[
    local w = { W = pg.rand(2000, 300), b = pg.zeros(300) }
    local x = pg.rand(3000, 2000)
    local f = pg.value_and_grad(function(v)
      return ((x:dot(v.W) + v.b):tanh():sort(1):softmax():log() ^ 2):mean()
    end)
    run(function() return f(w) end)
    check(w.b:sum() == 0 and pg.grad(function(s) return s * s end)(3) == 6)
  ]],
  statistics = [[
    local a = pg.rand(10000000)
    local m, c = a:reshape(1000, 10000), a:reshape(100, 1000, 100)
    run(function()
      return a:median(), a:percentile { 5, 95 }, m:quantile(0.1, 1), a:cumprod(), m:cumsum(1),
        m:diff(), a:nanmean(), a:prod(), a:ptp(), a:count_nonzero(), m:cov(), c:sum { 1, 3 }
    end)
    check(pg.median { 3, 1, 2 } == 2 and pg.cumprod({ 1, 2, 3 }):get(3) == 6)
  ]],
  selection = [[
    local a = pg.rand(8000000)
    local places, counts = pg.permutation(8000000), pg.randint(0, 4, 8000000)
    local floats, m = places:astype "float64", a:reshape(2000, 4000)
    run(function()
      return a:take(floats), a[places], a:nonzero(), m:argwhere(), places:bincount(a), a:topk(1000),
        a:topk(4000000), a:repeat_interleave(counts), m:tile(2, 2),
        m:pad(900, { mode = "reflect" }), m:tril(), m.T:copy(), a:array_equal(a),
        pg.hstack { m, m }, pg.meshgrid(m[1], m[2])
    end)
    check(pg.bincount { 1, 1 }:get(2) == 2 and a:take { 1 }:get(1) == a[1])
  ]],
  matmul = [[
    local a = pg.ones(200, 300, 300)
    run(function() return a:matmul(a) end)
    check(a:min() == 1 and a:max() == 1)
  ]],
  in_place = [[
    local a = pg.zeros(5000000)
    run(function() a:add_(1) end)
    check(a:min() == a:max()) -- each is whole
  ]],
  out = [[
    local a, b = pg.zeros(5000000), pg.zeros(5000000)
    run(function()
      pg.expm1(pg.maximum(a:add_(1), 0, { out = b }), { out = b })
      return a:clip(0, a, { out = b })
    end)
    check(a:min() == a:max() and b:min() == b:max())
  ]],
  tables = [[
    local t = {}
    for i = 1, 2000000 do t[i] = i end
    run(function() return pg.array(t):tolist() end)
    check(pg.array(t):sum() == 2000001 * 1000000)
  ]],
  files = [[
    local a = pg.rand(3000000)
    assert(pg.save(path .. ".npz", { a = a, z = pg.zeros(40000000, "uint8") },
      { compress = true }))
    run(function()
      local archive <close> = assert(pg.load(path .. ".npz"))
      return archive.z, archive.a
    end)
    local archive <close> = assert(pg.load(path .. ".npz"))
    check(archive.a:sum() == a:sum())
  ]],
  load = [[
    local a, path2 = pg.rand(3000000), path .. "2.npz"
    assert(pg.save(path .. ".npz", { a = a, z = pg.zeros(40000000, "uint8") },
      { compress = true }))
    assert(pg.save(path2, { a = a, z = pg.zeros(40000000, "uint8") }))
    run(function()
      local deflated <close> = pg.load(path .. ".npz")
      local stored <close> = pg.load(path2)
      return deflated:load(), stored:load()
    end)
    local archive <close> = pg.load(path .. ".npz")
    check(archive:load().a:sum() == a:sum())
    os.remove(path2)
  ]],
  data = [[
    local a, labels = pg.rand(2000000, 2), pg.randint(0, 9, 2000000)
    os.execute(("mkdir -p '%s.pictures/a'"):format(path))
    for i = 1, 40 do
      pg.save_png(("%s.pictures/a/%d.png"):format(path, i), pg.rand(300, 300))
    end
    pg.write(path .. ".idx", string.pack(">I4I4", 0x801, 60000000) .. ("\0"):rep(60000000))
    assert(os.execute(("gzip -1 '%s.idx'"):format(path)))
    run(function()
      return pg.load_folder(path .. ".pictures"), pg.load(path .. ".idx.gz"),
        pg.split(a, labels, { stratify = true }), pg.standardise(a)
    end)
    check(pg.load_folder(path .. ".pictures").size == 40 * 300 * 300)
    os.execute(("rm -rf '%s.pictures' '%s.idx.gz'"):format(path, path))
  ]],
  csv = [[
    local a, words = pg.rand(200000, 10), {}
    pg.write_csv(path .. ".csv", a)
    for i = 1, 3000000 do
      words[i] = i % 7 == 0 and "x" or "y"
    end
    local t = { names = { "w" }, w = words }
    pg.write_csv(path .. ".texts.csv", t)
    run(function()
      local texts = pg.read_csv(path .. ".texts.csv")
      texts:labels "w"
      pg.read_csv(path .. ".csv"):array()
      pg.write_csv(path .. ".csv", a)
      return pg.write_csv(path .. ".texts.csv", t)
    end)
    check(pg.read_csv(path .. ".csv"):array():eq(a):all())
    os.execute(("rm '%s.csv' '%s.texts.csv'"):format(path, path))
  ]],
  save = [[
    local a = pg.rand(10000000)
    assert(pg.save(path .. ".npz", { a = 1 }))
    run(function() assert(pg.save(path .. ".npz", { a = a }, { compress = true })) end)
    check(pg.load(path .. ".npz").a:item() == 1) -- what was there
    check(io.popen("ls " .. path .. "*.tmp 2>/dev/null"):read "a" == "")
  ]],
  kernels = [[
    local x, y = pg.rand(30000, 784), pg.range(0, 29999) % 10
    local w = pg.initialization(x, 100)
    local sum = w.W1:sum()
    run(function()
      local a = pg.forward(x, w)
      return pg.gradient(x, y, a, w), pg.cross_entropy(a, y)
    end)
    check(w.W1:sum() == sum and #pg.forward(x:rows(1, 3), w).A2 == 3)
  ]],
  model = [[
    local x = pg.rand(60000, 784):astype "float32"
    x[x:lt(0.8)] = 0
    run(function() x[1] = 0; return pg.Model(x, pg.range(0, 59999) % 10, { hidden = 100 }) end)
    check(#pg.Model(x, pg.range(0, 59999) % 10, { hidden = 4, seed = 0 }):predict(x) == 60000)
  ]],
  fit = [[
    local x = (pg.rand(60000, 784) * 1200 - 944):clip(0, 255):astype "uint8"
    local m = pg.Model(x, pg.range(0, 59999) % 10, { hidden = 100, seed = 0, scale = 1 / 255 })
    run(function() m:fit { iterations = 10000 } end)
    local made = m.iteration
    check(m:fit { iterations = 1 } and m.iteration == made + 1 and #m:predict(x) == 60000)
  ]],
  evaluation = [[
    local x, y = pg.rand(60000, 784):astype "float32", pg.range(0, 59999) % 10
    local m = pg.Model(x, y, { hidden = 100, seed = 0 })
    run(function() return m:predict(x), m:predict_proba(x), m:evaluate(x, y) end)
    check(#m:predict(x:rows(1, 3)) == 3 and #m:predict_proba(x:rows(1, 3)) == 3)
  ]],
  step = [[
    local x = pg.rand(20000, 500):astype "float32"
    local m = pg.Model(x, pg.range(0, 19999) % 10, { hidden = { 1000, 500 }, seed = 0 })
    local before = m.weights.W1:copy()
    run(function() m:fit { iterations = 20 } end)
    check(m.weights.W1:eq(before):min() and #m:predict(x:rows(1, 3)) == 3)
  ]],
  coroutine = [[
    local a = pg.rand(8000000)
    local step = coroutine.wrap(function() while true do coroutine.yield(a:sort()) end end)
    run(step)
    check(a:sort():get(1) <= a:get(1)) -- once is all
  ]],
}

-- The signal says when it is sent, by the clock that its process shares with this one.
local FRAME = [[
  local uv = require "luv"
  local pg = require "perigee"
  local path = ...
  pg.threads(1)
  local function run(f)
    local line = ("sleep 0.1; cat /proc/uptime >'%%s'; kill -INT %%d"):format(path, uv.os_getpid())
    local signal
    signal = uv.spawn("sh", { args = { "-c", line } }, function() signal:close() end)
    local worked, message = pcall(function() while true do f() end end)
    local ended = uv.hrtime() * 1e-9
    uv.run()
    print(worked, message, ended - io.open(path):read "n")
  end
  local function check(holds)
    print(holds)
  end
  %s
]]

local function read(command)
  local pipe = assert(io.popen(command))
  local output = pipe:read "a"
  pipe:close()
  return output
end

--- The output of a script, in its own folder: what `run` gave up, `check` and print tell.
function interrupts.output_of(program, script)
  local folder = read("mktemp -d"):match "%S+"
  local file <close> = assert(io.open(folder .. "/script.lua", "w"))
  file:write((FRAME:format(script)))
  file:close()
  local output = read(("%s %s/script.lua %s/x 2>&1"):format(program, folder, folder))
  os.execute("rm -r " .. folder)
  return output
end

--- The operations' names, in order.
function interrupts.names()
  local list = {}
  for name in pairs(interrupts.OPERATIONS) do
    list[#list + 1] = name
  end
  table.sort(list)
  return list
end

--- Interrupts an operation: the seconds from the signal to the error, or nil where there was none,
--- or something was not whole; and the output.
function interrupts.seconds(program, name)
  local output = interrupts.output_of(program, interrupts.OPERATIONS[name])
  local seconds, checks = output:match "^false\t[^\n]*interrupted!\t([%d.e-]+)\n(.*)$"
  local is_whole = seconds and checks:gsub("true\n", "") == ""
  return is_whole and tonumber(seconds) or nil, output
end

return interrupts
