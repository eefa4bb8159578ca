--- Checks of the tree, run by tools/layering.sh: no cycle between files or folders, folders of at
-- most 25 files, a first line in each file that says what it is, and comments that begin with the
-- verb or the noun that they define.
--
-- `lua tools/structure.lua` in the root of the project; it exits with 1 if a check fails.
-- `lua tools/structure.lua --edges` prints the dependencies between files instead.

local MOST_FILES, MOST_PERCENT = 25, 4

--- Words that may begin few comments: what stands behind them has to be read twice.
local QUESTION_WORDS = {
  What = true, Whether = true, Who = true, How = true, Where = true, Of = true, That = true,
  Which = true, From = true,
}

local failed = false

local function report(check, places)
  failed = true
  io.stderr:write(("structure: %s: %s\n"):format(check, places))
end

-- --- files ---------------------------------------------------------------------------------------

local function files_below(folder, pattern)
  local files = {}
  local pipe <close> = assert(io.popen("find '" .. folder .. "' -type f | LC_ALL=C sort"))
  for path in pipe:lines() do
    if path:find(pattern) then
      files[#files + 1] = path
    end
  end
  return files
end

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local function folder_of(path)
  return path:match "^(.*)/" or "."
end

--- Removes `x/../` and `./` from a path.
local function normalize(path)
  local replaced
  repeat
    path, replaced = path:gsub("[^/]+/%.%./", "", 1)
  until replaced == 0
  return (path:gsub("%./", ""))
end

-- --- dependencies --------------------------------------------------------------------------------

--- A graph of who needs whom: graph[unit][other] is true.
local function add_edge(graph, from, to)
  graph[from] = graph[from] or {}
  graph[to] = graph[to] or {}
  if from ~= to then
    graph[from][to] = true
  end
end

--- C: a unit is a .c file and its header; an edge is an #include of either.
local function c_units()
  local graph, known, files = {}, {}, {}
  for _, folder in ipairs { "src/core", "src/bind", "src/host" } do
    for _, path in ipairs(files_below(folder, "%.[ch]$")) do
      files[#files + 1], known[path] = path, true
    end
  end
  for _, path in ipairs(files) do
    local unit = path:gsub("%.[ch]$", "")
    graph[unit] = graph[unit] or {}
    for include in read(path):gmatch '#%s*include%s*"([^"]+)"' do
      for _, base in ipairs { folder_of(path) .. "/", "src/core/", "src/" } do
        local candidate = normalize(base .. include)
        if known[candidate] then
          add_edge(graph, unit, (candidate:gsub("%.[ch]$", "")))
          break
        end
      end
    end
  end
  return graph
end

--- Lua's text without comments, long strings and single-quoted strings, which may speak of require.
local function code_of(text)
  text = text:gsub("%-%-%[(=*)%[.-%]%1%]", " "):gsub("%[(=*)%[.-%]%1%]", " ")
  text = text:gsub("'[^'\n]*'", " ")
  return (text:gsub("%-%-[^\n]*", ""))
end

--- Lua: a unit is a module, named by its path; an edge is a require at any level of nesting.
local function lua_units()
  local graph = {}
  local function unit_of(module)
    local path = "lua/" .. module:gsub("%.", "/")
    for _, candidate in ipairs { path .. ".lua", path .. "/init.lua" } do
      local file = io.open(candidate)
      if file then
        file:close()
        return candidate
      end
    end
    return nil
  end
  for _, path in ipairs(files_below("lua/perigee", "%.lua$")) do
    graph[path] = graph[path] or {}
    for module in code_of(read(path)):gmatch 'require%s*%(?%s*"(perigee[%w_.]*)"' do
      local other = unit_of(module)
      if other then
        add_edge(graph, path, other)
      end
    end
  end
  return graph
end

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

--- The graph of the units' folders.
local function folders_of(graph)
  local folders = {}
  for unit, others in pairs(graph) do
    for other in pairs(others) do
      add_edge(folders, folder_of(unit), folder_of(other))
    end
  end
  return folders
end

--- Groups of units each of which leads to all others of its group: Tarjan's strongly connected
-- components of more than one.
local function cycles_of(graph)
  local index, low, on_stack, stack, cycles, counter = {}, {}, {}, {}, {}, 0
  local function visit(unit)
    counter = counter + 1
    index[unit], low[unit], on_stack[unit] = counter, counter, true
    stack[#stack + 1] = unit
    for _, other in ipairs(sorted_keys(graph[unit])) do
      if not index[other] then
        visit(other)
        low[unit] = math.min(low[unit], low[other])
      elseif on_stack[other] then
        low[unit] = math.min(low[unit], index[other])
      end
    end
    if low[unit] == index[unit] then
      local group = {}
      repeat
        local member = table.remove(stack)
        on_stack[member] = nil
        group[#group + 1] = member
      until member == unit
      if #group > 1 then
        table.sort(group)
        cycles[#cycles + 1] = group
      end
    end
  end
  for _, unit in ipairs(sorted_keys(graph)) do
    if not index[unit] then
      visit(unit)
    end
  end
  return cycles
end

--- The edges within a group, for the message.
local function edges_within(graph, group)
  local members, edges = {}, {}
  for _, unit in ipairs(group) do
    members[unit] = true
  end
  for _, unit in ipairs(group) do
    for _, other in ipairs(sorted_keys(graph[unit])) do
      if members[other] then
        edges[#edges + 1] = unit .. " -> " .. other
      end
    end
  end
  return table.concat(edges, ", ")
end

local function check_cycles(graph, check)
  for _, group in ipairs(cycles_of(graph)) do
    report(check, edges_within(graph, group))
  end
end

--- Folders of lua/perigee from the ground: a folder requires itself and those before it. "." are
-- the modules that scripts require.
local LUA_FLOORS = {
  "util", "gradient", "image", "data", "mpi", "model", "plot", "help", "sweep", ".", "repl",
}

local function check_lua_floors(graph)
  local floors = {}
  for floor, name in ipairs(LUA_FLOORS) do
    floors[name] = floor
  end
  local function floor_of(path)
    local folder = path:match "^lua/perigee/([^/]*)/" or "."
    return floors[folder] or error("LUA_FLOORS lacks " .. folder)
  end
  for unit, others in pairs(graph) do
    for other in pairs(others) do
      if floor_of(other) > floor_of(unit) then
        report("a Lua file that requires a folder above it", unit .. " -> " .. other)
      end
    end
  end
end

-- --- files, one by one ---------------------------------------------------------------------------

local function check_folder_sizes(files)
  local counts = {}
  for _, path in ipairs(files) do
    counts[folder_of(path)] = (counts[folder_of(path)] or 0) + 1
  end
  for _, folder in ipairs(sorted_keys(counts)) do
    if counts[folder] > MOST_FILES then
      report("a folder of too many files", ("%s has %d"):format(folder, counts[folder]))
    end
  end
end

--- The text that says what a file is: the first comment, which a header begins with its own name.
local function first_sentence(path)
  local text = read(path)
  if path:find "%.lua$" then
    return text:gsub("^%-%-%-@meta[^\n]*\n+", ""):match "^%-%-%-? ([^\n]*%w)"
  elseif path:find "%.h$" then
    local name = path:match "[^/]*$":gsub("%p", "%%%0")
    return text:match("^/%*\n? ?%*? ?" .. name .. " %-%- ([^\n]*%w)")
  end
  return text:match "^/%*\n? ?%*? ?([^\n]*%w)"
end

local function check_first_lines(files)
  local found = {}
  for _, path in ipairs(files) do
    local sentence = first_sentence(path)
    if not sentence or not sentence:find "%a%s+%a" then
      found[#found + 1] = path
    end
  end
  if #found > 0 then
    report("a file without a first line that says what it is", table.concat(found, ", "))
  end
end

local function check_comments(files)
  local lines, found, places = 0, 0, {}
  for _, path in ipairs(files) do
    local number = 0
    for line in read(path):gmatch "([^\n]*)\n" do
      number = number + 1
      local word = line:match "^ *%-%-%- +(%a+)" or line:match "^ */%* +(%a+)" or
        line:match "^ *%* +(%a+)"
      lines = lines + (word and 1 or 0)
      if QUESTION_WORDS[word] then
        found = found + 1
        places[folder_of(path)] = (places[folder_of(path)] or 0) + 1
      end
    end
  end
  local percent = 100 * found / lines
  if percent > MOST_PERCENT then
    local list = {}
    for _, folder in ipairs(sorted_keys(places)) do
      list[#list + 1] = folder .. " " .. places[folder]
    end
    report("comments that begin with a question word", ("%d of %d, %.1f %%, at most %d %%: %s")
      :format(found, lines, percent, MOST_PERCENT, table.concat(list, ", ")))
  end
end

-- --- all -----------------------------------------------------------------------------------------

local c, lua = c_units(), lua_units()

if arg[1] == "--edges" then
  for _, graph in ipairs { c, lua } do
    for _, unit in ipairs(sorted_keys(graph)) do
      print(unit, table.concat(sorted_keys(graph[unit]), " "))
    end
  end
  os.exit(true)
end

check_cycles(c, "a cycle between C files")
check_cycles(folders_of(c), "a cycle between C folders")
check_cycles(lua, "a cycle between Lua files")
check_cycles(folders_of(lua), "a cycle between Lua folders")
check_lua_floors(lua)

local files = files_below("src", "%.[ch]$")
local modules = files_below("lua", "%.lua$")
table.move(modules, 1, #modules, #files + 1, files)
check_folder_sizes(files)
check_first_lines(files)
check_comments(files)

os.exit(not failed)
