-- Records a session at the prompt, on a terminal of 80 columns, into docs/prompt.md, between the
-- marks <!-- session --> and <!-- /session -->. It presses Ctrl-C and Tab, too.
--
--   make session    (with MNIST)

package.path = "tests/?.lua;" .. package.path

local terminal = require "terminal"
local uv = require "luv"

local PAGE = "docs/prompt.md"

local folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/session-XXXXXX"))
local program = uv.fs_realpath "build/perigee"
local mnist = require("perigee").dataset "mnist"
assert(uv.fs_mkdir(folder .. "/data", tonumber("700", 8)))
assert(uv.fs_symlink(uv.fs_realpath(mnist:path()), folder .. "/data/mnist.npz"))
local t <close> = terminal.open {
  command = ("cd '%s' && exec '%s'"):format(folder, program), height = 40,
  environment = { NO_COLOR = "1" },
}

local PROMPT = "\n> $"

--- Waits until the prompt is back.
local function wait()
  t:wait(function(screen)
    return ("\n" .. screen):gsub("%s+$", " "):find(PROMPT)
  end, 120, "a prompt")
end

local function line(text)
  wait()
  t:line(text)
end

line 'data = pg.dataset "mnist"'
line "data"
line "x, y = data.x_train, data.y_train"
line "pg.show(x:rows(1, 2), {labels = y:rows(1, 2)})"
line "model = pg.Model(x, y, {hidden = 100, seed = 0, scale = 1/255})"
wait()
t:type "cost = model:fit {it"
t:keys "Tab"
t:expect "{iterations ="
t:line "100, rate = 0.5}"
line "model"
line "model:score(data.x_test, data.y_test)"
line "model:fit {iterations = 10000}"
uv.sleep(1500)
t:keys "C-c"
wait()
line "model:score(data.x_test, data.y_test) > _"
line "local function share(k) return y:eq(k):sum() / #y end"
line "share(3), share(nil)"
line "?model.score"
line "who()"
line 'save_session "first.lua"'
wait()

local session = t:screen { history = true }:gsub("%s+$", "\n"):gsub("\n> \n$", "\n")
local file = assert(io.open(PAGE))
local text = file:read "a"
file:close()
local before, after = text:match "^(.-<!%-%- session %-%->\n).-(<!%-%- /session %-%->.*)$"
assert(before, PAGE .. " has no marks")
local block = "\n```\n$ build/perigee\n" .. session .. "```\n\n"
require("perigee").write(PAGE, before .. block .. after)
os.execute(("rm -rf '%s'"):format(folder))
