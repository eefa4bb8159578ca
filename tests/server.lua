-- A web server on loopback that has one file, and serves it well or badly:
-- tools/data.sh is tested against it.
--
-- usage: lua5.4 tests/server.lua FILE [SECONDS]
--
-- Prints its port, and ends after that time, a minute unless told. /good is the
-- file; /cut ends after half of it; /slow sends it in 40 pieces, 50 ms apart;
-- /quit ends the server; all else is not found.

local uv = require "luv"

local file <close> = assert(io.open(arg[1], "rb"))
local body = file:read "a"

local function head(status, length)
  return ("HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"):format(status, length)
end

local function finish(client)
  client:shutdown(function()
    client:close()
  end)
end

local function send_slowly(client)
  local piece, sent = #body // 40 + 1, 0
  local timer = uv.new_timer()
  timer:start(0, 50, function()
    client:write(body:sub(sent + 1, sent + piece))
    sent = sent + piece
    if sent >= #body then
      timer:close()
      finish(client)
    end
  end)
end

local answers = {
  ["/good"] = function(client)
    client:write(head("200 OK", #body) .. body)
    finish(client)
  end,
  ["/cut"] = function(client)
    client:write(head("200 OK", #body) .. body:sub(1, #body // 2))
    finish(client)
  end,
  ["/slow"] = function(client)
    client:write(head("200 OK", #body))
    send_slowly(client)
  end,
  ["/quit"] = function(client)
    client:write(head("200 OK", 0), function()
      os.exit(true)
    end)
  end,
}

local function not_found(client)
  client:write(head("404 Not Found", 0))
  finish(client)
end

local server = uv.new_tcp()
assert(server:bind("127.0.0.1", 0))
assert(server:listen(16, function()
  local client = uv.new_tcp()
  server:accept(client)
  local request = ""
  client:read_start(function(_, text)
    request = request .. (text or "")
    if request:find "\r\n\r\n" then
      client:read_stop();
      (answers[request:match "^GET (%S+)"] or not_found)(client)
    elseif not text then
      client:close()
    end
  end)
end))

uv.new_signal():start("sigpipe") -- a client that hangs up must not end us
uv.new_timer():start(1000 * (arg[2] or 60), 0, function()
  os.exit(false)
end)

print(server:getsockname().port)
io.stdout:flush()
uv.run()
