-- A report in headless Chromium: what its script and its pictures do there.
--
--   build/perigee tests/report_browser.lua report.html
--
-- Nothing may be said in the browser's console; a click on a metric's header must sort the rows,
-- a second one turn them round, what is missing last, and so must the header's button, which the
-- keyboard reaches; each picture must have a natural width. Exit status 1 where one does not hold;
-- 0, and "skipped", without Chromium.

local uv = require "luv"

local LIMIT = 120 -- seconds
local BROWSERS = { "chromium", "chromium-browser", "google-chrome" }

-- Writes what it finds into an element, a line for each check: "ok" or "not ok", and what was
-- checked. It knows nothing of the page's script.
local SCRIPT = [=[
<script>
addEventListener("load", () => {
  const lines = [];
  const note = (ok, what) => lines.push((ok ? "ok " : "not ok ") + what);

  function isSorted(table, column, sign) {
    let last = null, isEnd = false;
    for (const row of table.tBodies[0].rows) {
      const cell = row.cells[column];
      const value = parseFloat(cell.title || cell.textContent);
      if (Number.isNaN(value)) { isEnd = true; continue; }
      if (isEnd || last !== null && sign * (value - last) < 0) return false;
      last = value;
    }
    return true;
  }

  function checkHead(table, head, name) {
    const column = head.cellIndex, count = table.tBodies[0].rows.length;
    const ends = [["ascending", 1], ["descending", -1], ["ascending", 1]];
    ends.forEach(([order, sign], i) => {
      const target = i < 2 ? head : head.querySelector("button");
      target.click();
      note(head.getAttribute("aria-sort") === order && isSorted(table, column, sign)
        && table.tBodies[0].rows.length === count
        && table.querySelectorAll("th[aria-sort]").length === 1,
        name + ": " + (i < 2 ? "click" : "button") + " " + (i + 1) + " sorts " + count
        + " rows, " + order);
    });
    const button = head.querySelector("button");
    button.focus();
    note(document.activeElement === button, name + ": the keyboard reaches the header");
  }

  for (const table of document.querySelectorAll("table"))
    for (const head of table.querySelectorAll("th.metric"))
      checkHead(table, head, table.id + ", " + head.textContent);
  document.querySelectorAll(".plots img").forEach((image, i) => {
    note(image.naturalWidth > 0,
      "picture " + (i + 1) + " is " + image.naturalWidth + " wide: " + image.alt);
  });
  note(document.documentElement.scrollWidth <= innerWidth, "the page is no wider than the window");
  const outcome = document.createElement("pre");
  outcome.id = "outcome-of-the-test";
  outcome.textContent = "\n" + lines.join("\n") + "\n";
  document.body.append(outcome);
});
</script>
]=]

local function give_up(message)
  io.stderr:write("report_browser: ", message, "\n")
  os.exit(1, true)
end

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function contents(path)
  local file <close>, message = io.open(path, "rb")
  return file and file:read "a" or give_up(message)
end

local function find_browser()
  for _, name in ipairs(BROWSERS) do
    if os.execute("command -v " .. name .. " >/dev/null") then
      return name
    end
  end
end

--- Opens a copy of the page with the script: the page as it is then, and the console's lines.
local function open(browser, page, folder)
  local copy = assert(io.open(folder .. "/page.html", "wb"))
  copy:write(page, SCRIPT)
  copy:close()
  local command = table.concat({
    "timeout", tostring(LIMIT), browser, "--headless --no-sandbox --disable-gpu --disable-quic",
    "--no-first-run --disable-background-networking --disable-component-update --disable-sync",
    "--enable-logging=stderr --v=0 --window-size=800,1200", quote("--user-data-dir=" .. folder),
    "--dump-dom", quote("file://" .. folder .. "/page.html"), "2>" .. quote(folder .. "/errors"),
  }, " ")
  local pipe = assert(io.popen(command))
  local dom = pipe:read "a"
  if not pipe:close() then
    error(browser .. " failed:\n" .. contents(folder .. "/errors"), 0)
  end
  local console = {}
  for line in contents(folder .. "/errors"):gmatch "[^\n]*CONSOLE[^\n]*" do
    console[#console + 1] = line
  end
  return dom, console
end

local UNESCAPED = { ["&lt;"] = "<", ["&gt;"] = ">", ["&amp;"] = "&" }

--- Prints what was checked; whether all of it holds.
local function report(dom, console)
  local outcome = dom:match '<pre id="outcome%-of%-the%-test">(.-)</pre>'
    or "not ok the test's script came to its end\n"
  local lines = outcome:gsub("&%a+;", UNESCAPED):gsub("^\n+", "")
  io.write(lines)
  print((console[1] and "not ok " or "ok ") .. "the console is empty")
  for _, line in ipairs(console) do
    print("  " .. line)
  end
  return not console[1] and not ("\n" .. lines):find "\nnot ok"
end

if not arg[1] then
  give_up "usage: report_browser.lua report.html"
end
local browser = find_browser()
if not browser then
  print "skipped: there is no chromium"
  os.exit(0, true)
end
local page = contents(arg[1])
local folder = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/report-XXXXXX"))
local opened, dom, console = pcall(open, browser, page, folder)
os.execute("rm -rf " .. quote(folder))
if not opened then
  give_up(dom)
end
os.exit(report(dom, console), true)
