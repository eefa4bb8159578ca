-- Mutants of the journals of studies: what is read must be each line that was left alone, and a
-- sentence about each other whole line that is no record. tests/fuzz/mutants.lua describes the
-- options.
--
-- A mutant has lines that are cut, exchanged, doubled, joined or changed: other numbers, fields and
-- versions, invalid UTF-8 and JSON. It is read at once, or in two parts as it grows.

package.path = "./?.lua;" .. package.path

local journal = require "perigee.sweep.journal.journal"
local json = require "perigee.util.json"
local mutants = require "tests.fuzz.mutants"
local stores = require "perigee.sweep.journal.store"
local sweep = require "perigee.sweep"

local support = dofile "tests/support.lua"
local pick, once_in = mutants.pick, mutants.once_in

-- --- studies ------------------------------------------------------------------------

local function write(path, mode, text)
  local file <close> = assert(io.open(path, mode))
  file:write(text)
end

--- The definition of a study whose trials end in each of the four ways.
local function definition(folder)
  return {
    name = "s", runs = folder, arguments = false, metric = "accuracy", repeats = 2,
    params = { rate = { 0.1, 0.25, 0.5, 1 }, kind = { "a", "b" } },
    prune = sweep.halving { first = 1 },
    run = function(p, trial)
      if p.rate == 0.5 and p.kind == "b" then
        error "no \u{e9}\n\tline"
      end
      for i = 1, 4 do
        trial:report(i, { accuracy = p.rate + i, loss = 1 / (i + p.rate) })
      end
    end,
  }
end

--- Runs the study; its journal's lines.
local function run_study(folder)
  support.listen(function() -- some trials fail
    sweep.new(definition(folder)):run { quiet = true }
  end)
  local pipe <close> = assert(io.popen(("cat '%s'/s/journal/*.jsonl"):format(folder)))
  local lines, status = {}, {}
  for line in pipe:lines() do
    lines[#lines + 1] = line
    status[json.decode(line).status or "header"] = true
  end
  assert(status.header and status.done and status.failed and status.pruned and status.paused)
  return lines
end

-- --- mutations ----------------------------------------------------------------------

--- Any value that JSON has.
local function value(depth)
  local how = math.random(depth < 3 and 8 or 6)
  if how == 1 then
    return pick { true, false }
  elseif how == 2 then
    return pick { "", "done", "failed", "paused", "pruned", "a", "\xff", ("x"):rep(300) }
  elseif how < 7 then
    return pick { 0, 1, -1, 0.5, 2 ^ 53, 2 ^ 63, 1e300, 7 }
  end
  local list = {}
  for i = 1, math.random(0, 3) do
    list[how == 7 and i or pick { "a", "accuracy", "1", "x y" }] = value(depth + 1)
  end
  return list
end

--- A table of the record, perhaps one within it, and a field of it.
local function field(record)
  local keys = {}
  for key in pairs(record) do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  local key = keys[1] and pick(keys)
  if type(record[key]) == "table" and next(record[key]) and once_in(2) then
    return field(record[key])
  end
  return record, key
end

--- A record with a field that is changed, taken away or added.
local function change_record(line)
  local record = json.decode(line)
  if type(record) ~= "table" then
    return mutants.text(line)
  end
  local list, key = field(record)
  if once_in(6) then
    record[pick { "format", "trial", "extra", "rung", "error", "reason" }] = value(0)
  elseif key ~= nil and once_in(3) then
    list[key] = nil
  elseif key ~= nil then
    list[key] = value(0)
  end
  local worked, text = pcall(json.encode, record)
  return worked and text or line:sub(2)
end

local JUNK = {
  "", " ", "{}", "[]", "null", "{\"format\":1}", "{\"format\":2}", "{\"format\":1.5}",
  "{\"format\":\"1\"}", "{\"format\":null}", "\0", "\xef\xbb\xbf{}", ("["):rep(2000),
  ("{\"a\":"):rep(900) .. "1" .. ("}"):rep(900), ("9"):rep(5000), "\"" .. ("x"):rep(70000) .. "\"",
}

local LINES = {
  mutants.text, mutants.text, mutants.text, change_record, change_record, change_record,
  function(line) return line .. pick { "\r", " ", "\0", "{}", "," } end,
  function(line) return pick { "\xef\xbb\xbf", " ", "\0", "[" } .. line end,
  function() return pick(JUNK) end,
}

--- Changes lines: a list of { text =, is_left = true for one that was left alone }.
local FILES = {
  function(lines, i) table.remove(lines, i) end,
  function(lines, i) table.insert(lines, math.random(#lines + 1), lines[i]) end,
  function(lines, i)
    local k = math.random(#lines)
    lines[i], lines[k] = lines[k], lines[i]
  end,
  function(lines, i) -- two become one
    if lines[i + 1] then
      lines[i] = { text = lines[i].text .. table.remove(lines, i + 1).text }
    end
  end,
  function(lines, i) -- one becomes two
    local text = lines[i].text
    local at = math.random(0, #text)
    lines[i] = { text = text:sub(1, at) }
    table.insert(lines, i + 1, { text = text:sub(at + 1) })
  end,
}

local function mutate(base)
  local lines, first = {}, math.random(#base)
  for i, text in ipairs(base) do
    if i == 1 or i >= first and i < first + 8 then
      lines[#lines + 1] = { text = text, is_left = true }
    end
  end
  for _ = 1, pick { 1, 1, 2, 3, 8 } do
    local i = math.random(math.max(1, #lines))
    if #lines > 0 and once_in(3) then
      pick(FILES)(lines, i)
    elseif #lines > 0 then
      lines[i] = { text = pick(LINES)(lines[i].text) }
    end
  end
  return lines
end

--- Adds the lines of a text that have an end. (gmatch would take the square of the length of one
--- that has none.)
local function add_lines(whole, text)
  local at = 1
  for close in text:gmatch "()\n" do
    whole[#whole + 1] = { text = text:sub(at, close - 1) }
    at = close + 1
  end
end

--- The file's text, perhaps torn, and its whole lines: those between line feeds, of which a changed
--- line may have several.
local function join(lines)
  local parts, whole = {}, {}
  for i, line in ipairs(lines) do
    parts[i] = line.text .. "\n"
  end
  local text = table.concat(parts)
  if once_in(3) and #text > 0 then
    text = text:sub(1, -1 - math.random(math.min(#text, 300)))
  end
  local at = 0
  for _, line in ipairs(lines) do
    local left = #text - at
    if line.is_left and left > #line.text then
      whole[#whole + 1] = line
    elseif not line.is_left then
      add_lines(whole, text:sub(at + 1, at + math.min(left, #line.text + 1)))
    end
    at = math.min(#text, at + #line.text + 1)
  end
  return text, whole
end

-- --- checking -----------------------------------------------------------------------

local function has_format(lines)
  for _, line in ipairs(lines) do
    if not line.is_left and line.text:find "format" then
      return true
    end
  end
end

--- Reads the file as it grows: the visited records with the bytes where they begin, and the damaged
--- lines. nil, and the message, where reading raises.
local function read_journal(path, text)
  local visited, damaged, cursor = {}, {}, { at = 0, lines = 0 }
  local cut = once_in(2) and math.random(0, #text) or #text
  for i, part in ipairs { text:sub(1, cut), text:sub(cut + 1) } do
    write(path, i == 1 and "wb" or "ab", part)
    local worked, found = pcall(journal.read_file, path, cursor, function(record, where, at)
      assert(where == path)
      visited[#visited + 1] = { text = json.encode(record), at = at }
    end)
    if not worked then
      return nil, found
    end
    table.move(found, 1, #found, #damaged + 1, damaged)
  end
  return visited, damaged
end

--- Fails unless each whole line was visited or is said to be damaged, in order, and each that was
--- left alone was visited as it stands.
local function check_lines(path, whole, visited, damaged)
  local at, next_visited, next_damaged = 0, 1, 1
  for i, line in ipairs(whole) do
    local record = visited[next_visited]
    if record and record.at == at then
      next_visited = next_visited + 1
      assert(not line.is_left or record.text == line.text, "a good line is read as another")
    else
      assert(not line.is_left, ("line %d is good, and was not read"):format(i))
      local sentence = damaged[next_damaged]
      assert(sentence and sentence:find(("%s, line %d: "):format(path, i), 1, true),
        ("nothing is said of line %d"):format(i))
      next_damaged = next_damaged + 1
    end
    at = at + #line.text + 1
  end
  assert(not visited[next_visited] and not damaged[next_damaged], "more lines than the file has")
end

--- Fails unless the store knows of each trial that a line which was left alone calls done.
local function check_store(store, whole)
  store:read()
  for _, line in ipairs(whole) do
    local record = line.is_left and json.decode(line.text)
    local index = record and store.trials.index_of[record.trial]
    if index and record.status == "done" then
      assert(store:status(index) == "done", "a trial that is done is not known to be")
    end
  end
end

--- Fails unless the study can be asked as one whose journal is whole.
local function check_study(folder)
  local study = sweep.new(definition(folder))
  assert(#tostring(study:table()) > 0 and #study:csv() > 0 and #study:markdown() > 0)
  assert(#study:curves() >= 0)
  study:best "accuracy"
  tostring(study)
end

mutants.run(arg, function(folder)
  local base = run_study(folder)
  local study = sweep.new(definition(folder))
  study:table()
  local trials, rule = study.store.trials, study.rule.text
  local place = folder .. "/s/journal"
  os.execute(("rm -f '%s'/*"):format(place))
  local path = place .. "/mutant.jsonl"
  local counts = { records = 0, damaged = 0, versions = 0 }
  return function(case)
    local lines = mutate(base)
    local text, whole = join(lines)
    local visited, damaged = read_journal(path, text)
    if not visited then
      mutants.check_message(damaged, path)
      assert(damaged:find("another version", 1, true) and has_format(whole), damaged)
      counts.versions = counts.versions + 1
      return
    end
    counts.records, counts.damaged = counts.records + #visited, counts.damaged + #damaged
    check_lines(path, whole, visited, damaged)
    journal.fingerprints(place)
    check_store(stores.new(place, trials, rule, "accuracy"), whole)
    if case % 20 == 0 then
      check_study(folder)
    end
  end, function()
    return ("%d records and %d damaged lines were read, %d files are of another version"):format(
      counts.records, counts.damaged, counts.versions)
  end
end)
