--- The report of a study: one HTML page that needs no other file and no network, and a script only
--- to sort its tables.

local collections = require "perigee.util.collections"
local core = require "perigee.core"
local html = require "perigee.sweep.report.html"
local output = require "perigee.plot.output"

local escape = html.escape

local MOST_COLUMNS = 9 -- of a table that is printed upright

local report = {}

-- The browser loads nothing, whatever gets into the page.
local POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
  .. "script-src 'unsafe-inline'"

local PAGE = [[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%s">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
<style>
%s</style>
</head>
<body>
<header>
%s
</header>
<main>
%s
</main>
<script>
%s</script>
</body>
</html>
]]

-- --- names and values -------------------------------------------------------------

--- A list of names and values; nil if there are none.
local function pairs_list(list)
  if #list == 0 then
    return nil
  end
  local lines = { "<dl>" }
  for _, each in ipairs(list) do
    lines[#lines + 1] = ("<dt>%s</dt>%s"):format(escape(each[1]), html.element("dd", each[2]))
  end
  lines[#lines + 1] = "</dl>"
  return table.concat(lines, "\n")
end

-- --- tables -----------------------------------------------------------------------

local function header(column)
  local class = (column.is_number and "n " or "") .. (column.is_metric and "metric " or "")
  return ('<th scope="col"%s>%s</th>'):format(
    class ~= "" and (' class="%s"'):format(class:sub(1, -2)) or "", escape(column.name))
end

--- A table, which scrolls if it is larger than the page.
---@param id string
---@param label string
---@param columns perigee.sweep.report.column[]
---@param count integer  rows
local function html_table(id, label, columns, count)
  local lines = {
    ('<div class="scroll%s" role="region" aria-label="%s" tabindex="0">'):format(
      #columns > MOST_COLUMNS and " wide" or "", label),
    ('<table id="%s">'):format(id), "<thead>", "<tr>",
  }
  for _, column in ipairs(columns) do
    lines[#lines + 1] = header(column)
  end
  lines[#lines + 1] = "</tr>\n</thead>\n<tbody>"
  local parts = {}
  for i = 1, count do
    for k, column in ipairs(columns) do
      parts[k] = column.cells[i]
    end
    lines[#lines + 1] = "<tr>" .. table.concat(parts) .. "</tr>"
  end
  lines[#lines + 1] = "</tbody>\n</table>\n</div>"
  return table.concat(lines, "\n")
end

--- The values of a column.
local function values_of(rows, name)
  local values = {}
  for i = 1, #rows do
    values[i] = rows[i][name]
  end
  return values
end

local function all_trials(trials)
  if #trials == 0 then
    return '<p class="note">No trial is finished yet.</p>'
  end
  local is_metric, columns = collections.set(trials.metrics), {}
  for i, name in ipairs(trials.columns) do
    columns[i] = html.column(name, values_of(trials, name), #trials)
    columns[i].is_metric = is_metric[name]
  end
  return html_table("trials", "All trials", columns, #trials)
end

--- The table of means over repeats; nil if each trial was run once.
local function means(study, trials)
  local has_repeats = false
  for i = 2, #trials do
    has_repeats = has_repeats or trials[i]["repeat"] ~= trials[1]["repeat"]
  end
  if not has_repeats then
    return nil
  end
  local groups, columns = trials:group(study.params), {}
  local count = #groups
  for i, name in ipairs(study.params) do
    columns[i] = html.column(name, values_of(groups, name), count)
  end
  for _, name in ipairs(trials.metrics) do
    local column = html.mean_column(name, values_of(groups, name),
      values_of(groups, groups.info.deviations[name]), count)
    column.is_metric = true
    columns[#columns + 1] = column
  end
  columns[#columns + 1] = html.column(groups.info.count,
    values_of(groups, groups.info.count), count)
  return ('<p class="note">Mean \u{B1} standard deviation of %s trials.</p>\n')
    :format(groups.info.count) .. html_table("means", "Means over repeats", columns, count)
end

local function cut_trials(pruned)
  if #pruned == 0 then
    return nil
  end
  local columns = {}
  for i, name in ipairs { "trial", "iteration", "reason" } do
    columns[i] = html.column(name, values_of(pruned, name), #pruned)
  end
  return html_table("cut", "Trials that were cut", columns, #pruned)
end

-- --- failures ---------------------------------------------------------------------

local function failed_trials(failures)
  local lines = {}
  for i, each in ipairs(failures) do
    local trial, message = escape(each.trial), escape(each.message)
    local line = ('<b>%s</b>: <span class="message">%s</span>'):format(trial, message)
    lines[i] = each.traceback and ("<details>\n<summary>%s</summary>\n<pre>%s</pre>\n</details>")
      :format(line, escape(each.traceback)) or ("<p>%s</p>"):format(line)
  end
  return lines[1] and table.concat(lines, "\n")
end

-- --- plots ------------------------------------------------------------------------

--- An SVG text as a data URL. Other characters than these would end it, or have another meaning.
local function data_address(svg)
  return "data:image/svg+xml," .. svg:gsub("[^0-9A-Za-z%-_.!~*();/:@=+$,?]", function(byte)
    return ("%%%02X"):format(byte:byte())
  end)
end

--- The plots, with sentences about those that are missing; nil if there is nothing to draw. The
--- second result has these sentences.
local function pictures(study, plots)
  local images, notes, reasons, is_said = {}, {}, {}, {}
  local list, view = plots.defaults(study)
  for _, options in ipairs(list) do
    local svg, text = plots.svg(view or study, options)
    if svg then
      images[#images + 1] = ('<img alt="Plot: %s" src="%s">'):format(escape(text),
        data_address(svg))
    elseif not is_said[text] then
      is_said[text] = true
      reasons[#reasons + 1] = text
      notes[#notes + 1] = ('<p class="note">%s</p>'):format(escape(text))
    end
  end
  if images[1] then
    table.insert(notes, 1, ('<div class="plots">\n%s\n</div>'):format(table.concat(images, "\n")))
  end
  return notes[1] and table.concat(notes, "\n"), reasons
end

-- --- the page ---------------------------------------------------------------------

--- The title, the description, and the links to the sections.
local function headline(study, sections)
  local lines = { ("<h1>%s</h1>"):format(escape(study.name)) }
  if study.description then
    lines[2] = ('<p class="description">%s</p>'):format(escape(study.description))
  end
  lines[#lines + 1] = '<nav aria-label="Sections">'
  for _, each in ipairs(sections) do
    lines[#lines + 1] = ('<a href="#%s">%s</a>'):format(each.id, each.title)
  end
  lines[#lines + 1] = "</nav>"
  return table.concat(lines, "\n")
end

--- Makes the page. The same study gives the same text.
---@param study perigee.sweep.study
---@param plots table  perigee.sweep.plots: `defaults(study)` lists what is drawn, and may give what
---   all of it is drawn from; `svg(that or study, options)` gives each and its title, or nil and a
---   sentence
---@return string
---@return string[] reasons  sentences about missing plots
function report.text(study, plots)
  local data, trials = study:report_data(), study:table()
  local drawings, reasons = pictures(study, plots)
  local sections, bodies = {}, {}
  local function add(id, title, body)
    if body then
      sections[#sections + 1] = { id = id, title = title }
      bodies[#bodies + 1] = ('<section aria-labelledby="%s">\n<h2 id="%s">%s</h2>\n%s\n</section>')
        :format(id, id, title, body)
    end
  end
  add("summary", "Summary", pairs_list(data.summary))
  add("settings", "Settings", pairs_list(data.settings))
  add("plots", "Plots", drawings)
  add("repeats", "Repeats", means(study, trials))
  add("all", "Trials", all_trials(trials))
  add("failures", "Failures", failed_trials(data.failures))
  add("pruned", "Trials that were cut", cut_trials(data.pruned))
  add("environment", "Environment", pairs_list(data.environment))
  return PAGE:format(POLICY, escape(study.name), require "perigee.sweep.report.style",
    headline(study, sections), table.concat(bodies, "\n"), require "perigee.sweep.report.script"),
    reasons
end

--- Writes the page: whole or not at all. Says on stderr which plots are missing, unless that was
--- said before.
---@param study perigee.sweep.study
---@param path string
---@return true
function report.write(study, path)
  local text, reasons = report.text(study, require "perigee.sweep.plots.plot")
  for _, reason in ipairs(reasons) do
    if not output.was_told(reason) then
      output.tell(reason)
    end
  end
  return core.write(path, text)
end

return report
