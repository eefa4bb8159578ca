-- The HTML page of a study. tests/report_browser.lua opens one in a browser.

local core = require "perigee.core"
local report = require "perigee.sweep.report.page"

-- --- a study ----------------------------------------------------------------------

--- A table as a study has it; its groups are told beforehand.
local function results(columns, metrics, rows, groups)
  rows.columns, rows.metrics = columns, metrics
  function rows.group(self, names)
    self.grouped_by = table.concat(names, " ")
    groups.info = { count = "n", deviations = { loss = "loss_std", accuracy = "accuracy_std" } }
    return groups
  end
  return rows
end

local function study_of(rows, about, groups)
  local study = { name = "widths", params = { "hidden", "kind" } }
  local trials = results({ "hidden", "kind", "repeat", "seed", "loss" }, { "loss" }, rows, groups)
  function study.table()
    return trials
  end
  function study.report_data()
    local all = { summary = {}, settings = {}, environment = {}, failures = {}, pruned = {} }
    for name, value in pairs(about or {}) do
      all[name] = value
    end
    return all
  end
  return study, trials
end

local function trial(hidden, loss, round)
  return { hidden = hidden, kind = "relu", ["repeat"] = round or 1, seed = 7, loss = loss }
end

--- Plots that are drawn as told: each entry is an SVG text, or false and why there is none.
local function plots_of(...)
  local list = { ... }
  return {
    defaults = function()
      return list
    end,
    svg = function(_, options)
      return options.svg, options.message or options.title or "a title"
    end,
  }
end

local NO_PLOTS = plots_of()

local function page_of(...)
  return report.text(study_of(...), NO_PLOTS)
end

-- --- what is read of a page --------------------------------------------------------

local function count(text, part)
  return select(2, text:gsub(part:gsub("%p", "%%%0"), ""))
end

--- The cells of a table's rows as HTML: "<td ...>text</td>".
local function rows_of(page, id)
  local body = page:match('<table id="' .. id .. '">.-<tbody>(.-)</tbody>')
  local rows = {}
  for line in body:gmatch "<tr>(.-)</tr>" do
    rows[#rows + 1] = {}
    for cell in line:gmatch "<td.->.-</td>" do
      table.insert(rows[#rows], cell)
    end
  end
  return rows
end

local function heads_of(page, id)
  local heads = {}
  for head in page:match('<table id="' .. id .. '">(.-)</thead>'):gmatch "<th .->(.-)</th>" do
    heads[#heads + 1] = head
  end
  return table.concat(heads, " ")
end

local function ids_of(page)
  local ids = {}
  for id in page:gmatch '<h2 id="(.-)">' do
    ids[#ids + 1] = id
  end
  return table.concat(ids, " ")
end

describe("A study's page", function()
  it("has a title and a description, which there need not be", function()
    local study = study_of {}
    assert.not_matches('class="description"', report.text(study, NO_PLOTS))
    study.description = "How wide\nmust it be?"
    local page = report.text(study, NO_PLOTS)
    assert.matches("<title>widths</title>", page, 1, true)
    assert.matches("<h1>widths</h1>", page, 1, true)
    assert.matches('<p class="description">How wide\nmust it be?</p>', page, 1, true)
  end)

  it("has the sections that have something to say, and links to them", function()
    assert.equal("all", ids_of(page_of {}))
    local page = report.text(study_of({ trial(50, 1), trial(50, 2, 2) }, {
      summary = { { "trials", 2 } }, settings = { { "batch", 128 } },
      environment = { { "kernels", "avx2" } }, failures = { { trial = "a", message = "b" } },
      pruned = { { trial = "a", iteration = 3, reason = "median" } },
    }, results({ "hidden", "kind", "loss", "loss_std", "n" }, { "loss", "loss_std" }, {})),
      plots_of { svg = "<svg/>" })
    assert.equal("summary settings plots repeats all failures pruned environment", ids_of(page))
    for id in ids_of(page):gmatch "%a+" do
      assert.equal(1, count(page, ('<a href="#%s">'):format(id)))
      assert.equal(1, count(page, (' id="%s"'):format(id)))
    end
  end)

  it("says values by name", function()
    local page = page_of({}, {
      summary = { { "best", 0.97981234567 }, { "trials", 24 } },
      settings = { { "rates", { 0.1, 0.01 } } },
      environment = { { "quiet", true } },
    })
    assert.matches('<dt>best</dt><dd title="0.97981234567">0.979812</dd>', page, 1, true)
    assert.matches("<dt>trials</dt><dd>24</dd>", page, 1, true)
    assert.matches("<dt>rates</dt><dd>[0.1,0.01]</dd>", page, 1, true)
    assert.matches("<dt>quiet</dt><dd>true</dd>", page, 1, true)
  end)

  it("needs nothing else: no address but those of namespaces in pictures", function()
    local svg = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    local page = report.text(study_of { trial(50, 1) }, plots_of { svg = svg })
    local others = page:gsub("http://www%.w3%.org/2000/svg", "")
    assert.not_matches("https?:", others)
    assert.not_matches("<link", page, 1, true)
    assert.not_matches("@import", page, 1, true)
    assert.not_matches("url(", page, 1, true)
    for source in page:gmatch ' src="(.-)"' do
      assert.matches("^data:image/svg%+xml,", source)
    end
  end)

  it("is the same text for the same study", function()
    local function make()
      return report.text(study_of({ trial(50, 1 / 3), trial({ 8, 4 }) },
        { summary = { { "trials", 2 } } }), plots_of { svg = "<svg/>", x = "hidden", y = "loss" })
    end
    assert.equal(make(), make())
  end)
end)

describe("Strangers' text in a page", function()
  local BAD = [[</script><b a="1" b='2'>&amp;]]
  local ESCAPED = "&lt;/script&gt;&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;amp;"

  it("is no markup, wherever it stands", function()
    local rows = { { [BAD] = BAD, ["repeat"] = 1, loss = 1 }, { [BAD] = { BAD }, ["repeat"] = 2 } }
    local study, trials = study_of(rows, {
      summary = { { BAD, BAD } }, settings = { { BAD, { BAD, 1 } } },
      environment = { { BAD, BAD } },
      failures = { { trial = BAD, message = BAD, traceback = BAD } },
      pruned = { { trial = BAD, iteration = 1, reason = BAD } },
    }, results({ BAD, "loss", "loss_std", "n" }, {}, { { [BAD] = BAD, loss = 1, n = 1 } }))
    study.name, study.description, study.params = BAD, BAD, { BAD }
    trials.columns = { BAD, "loss" }
    local page = report.text(study,
      plots_of({ svg = BAD, title = BAD }, { svg = BAD, title = BAD }, { message = BAD }))
    assert.equal(0, count(page, BAD))
    assert.equal(0, count(page, "<b a="))
    assert.equal(20, count(page, ESCAPED)) -- in the two lists it is JSON's text
    assert.equal(1, count(page, "</script>"))
  end)

  it("is UTF-8 without control characters, whatever it was", function()
    local study = study_of({}, { summary = { { "a\0b\27[1mc", "\xff\xfed\xc3" }, { "ü", "\t€" } } })
    local page = report.text(study, NO_PLOTS)
    assert.truthy(utf8.len(page))
    assert.matches("<dt>a\u{FFFD}b\u{FFFD}[1mc</dt><dd>\u{FFFD}\u{FFFD}d\u{FFFD}</dd>", page, 1,
      true)
    assert.matches("<dt>ü</dt><dd>\t€</dd>", page, 1, true)
  end)

  it("is no pattern and no format", function()
    local page = page_of({}, { summary = { { "%s %1", "100 %" } } })
    assert.matches("<dt>%s %1</dt><dd>100 %</dd>", page, 1, true)
  end)
end)

describe("The table of a page", function()
  it("has a header for each column, which says what is a number and what a metric", function()
    local page = page_of { trial(50, 1), trial({ 128, 64 }, 2) }
    assert.equal("hidden kind repeat seed loss", heads_of(page, "trials"))
    assert.matches('<th scope="col">hidden</th>', page, 1, true)
    assert.matches('<th scope="col" class="n">seed</th>', page, 1, true)
    assert.matches('<th scope="col" class="n metric">loss</th>', page, 1, true)
  end)

  it("shows six digits of a number, and has all of them for sorting", function()
    local rows = rows_of(page_of {
      trial(50, 1 / 3), trial(100, 1234567.5), trial({ 128, 64 }, 1e-9), trial(true, 0.1),
    }, "trials")
    assert.same({
      "<td>50</td>", "<td>relu</td>", '<td class="n">1</td>', '<td class="n">7</td>',
      '<td class="n" title="0.3333333333333333">0.333333</td>',
    }, rows[1])
    assert.equal('<td class="n" title="1234567.5">1.23457e+06</td>', rows[2][5])
    assert.equal("<td>[128,64]</td>", rows[3][1])
    assert.equal('<td class="n">1e-09</td>', rows[3][5])
    assert.equal("<td>true</td>", rows[4][1])
    assert.equal('<td class="n">0.1</td>', rows[4][5])
  end)

  it("leaves integers whole", function()
    local row = trial(50, 1)
    row.seed = 4294967295
    assert.equal('<td class="n">4294967295</td>', rows_of(page_of { row }, "trials")[1][4])
  end)

  it("puts points under each other", function()
    local rows = rows_of(page_of { trial(1, 0.25), trial(2, 12.5), trial(3, 3), trial(4) },
      "trials")
    assert.equal('<td class="n">0.25</td>', rows[1][5])
    assert.equal('<td class="n">12.5\u{2007}</td>', rows[2][5])
    assert.equal('<td class="n">3\u{2008}\u{2007}\u{2007}</td>', rows[3][5])
  end)

  it("marks what is missing, or no number", function()
    local rows = rows_of(page_of {
      trial(nil, nil), trial("a", 0 / 0), trial("b", math.huge), trial("c", -math.huge),
    }, "trials")
    assert.equal('<td class="m">\u{2013}</td>', rows[1][1])
    assert.equal('<td class="n m">\u{2013}</td>', rows[1][5])
    assert.equal('<td class="n m">nan</td>', rows[2][5])
    assert.equal('<td class="n" title="Infinity">inf</td>', rows[3][5])
    assert.equal('<td class="n" title="-Infinity">-inf</td>', rows[4][5])
  end)

  it("is printed across where it has many columns", function()
    local study, trials = study_of { trial(50, 1) }
    assert.equal(0, count(report.text(study, NO_PLOTS), "scroll wide"))
    for i = 1, 5 do
      table.insert(trials.columns, "metric" .. i)
    end
    assert.equal(1, count(report.text(study, NO_PLOTS), "scroll wide"))
  end)

  it("is a sentence where there are no trials", function()
    assert.matches("No trial is finished yet.", page_of {}, 1, true)
  end)

  it("has 10000 rows in short time", function()
    local rows = {}
    for i = 1, 10000 do
      rows[i] = trial(i, i % 3 > 0 and 1 / i or nil)
    end
    local begun = os.clock()
    assert.equal(10000, #rows_of(page_of(rows), "trials"))
    assert.is_true(os.clock() - begun < 60)
  end)
end)

describe("The means of a page", function()
  local function groups_of(rows)
    return results({ "hidden", "kind", "loss", "loss_std", "n" }, { "loss", "loss_std" }, rows)
  end

  it("are there if there are repeats", function()
    assert.not_matches('id="means"', page_of { trial(50, 1), trial(100, 2) })
    local study, trials = study_of({ trial(50, 1), trial(50, 2, 2) }, nil,
      groups_of { { hidden = 50, kind = "relu", loss = 1.5, loss_std = 0.5, n = 2 } })
    local page = report.text(study, NO_PLOTS)
    assert.equal("hidden kind", trials.grouped_by)
    assert.equal("hidden kind loss n", heads_of(page, "means"))
    assert.same({
      '<td class="n">50</td>', "<td>relu</td>",
      '<td class="n" title="1.5">1.50 \u{B1} 0.50</td>', '<td class="n">2</td>',
    }, rows_of(page, "means")[1])
  end)

  it("have two digits of the least deviation, and the means as many decimals", function()
    local page = page_of({ trial(50, 1), trial(50, 2, 2) }, nil, groups_of {
      { hidden = 50, loss = 2 / 3, loss_std = 1 / 3, n = 3 }, { hidden = 60, n = 0 },
      { hidden = 70, loss = 12345.25, loss_std = 1234.5678, n = 2 },
      { hidden = 80, loss = 1, n = 1 }, { hidden = 90, loss = 0 / 0, loss_std = 0 / 0, n = 2 },
    })
    local rows = rows_of(page, "means")
    assert.equal('<td class="n" title="0.6666666666666666">0.67 \u{B1} 0.33</td>', rows[1][3])
    assert.equal('<td class="n m">\u{2013}</td>', rows[2][3])
    assert.matches('title="12345.25">12345.25 \u{B1} 1234.57<', rows[3][3])
    assert.matches('<td class="n" title="1">1[^ ]*</td>', rows[4][3])
    assert.matches('<td class="n m">nan', rows[5][3])
  end)
end)

describe("Trials that did not end well", function()
  it("have their message, and the traceback behind it", function()
    local page = page_of({}, { failures = {
      { trial = "hidden 50, repeat 2", message = "no such file", traceback = "stack:\n\tf.lua:1" },
      { trial = "hidden 60", message = "killed" },
    } })
    assert.matches("<details>\n<summary><b>hidden 50, repeat 2</b>: "
      .. '<span class="message">no such file</span></summary>\n<pre>stack:\n\tf.lua:1</pre>\n'
      .. "</details>", page, 1, true)
    assert.matches('<p><b>hidden 60</b>: <span class="message">killed</span></p>', page, 1, true)
    assert.equal(1, count(page, "<details>"))
  end)

  it("are listed where a rule cut them", function()
    local page = page_of({}, { pruned = {
      { trial = "hidden 50", iteration = 120, reason = "median" },
      { trial = "hidden 60", iteration = 8, reason = ("a long reason "):rep(9) },
    } })
    assert.equal("trial iteration reason", heads_of(page, "cut"))
    assert.same({ "<td>hidden 50</td>", '<td class="n">120</td>', "<td>median</td>" },
      rows_of(page, "cut")[1])
    assert.matches('^<td class="long">', rows_of(page, "cut")[2][3])
  end)
end)

describe("The plots of a page", function()
  it("are pictures in it, with a text in their place", function()
    local svg = '<svg a="1%">\n\'#ü & b\'</svg>'
    local page = report.text(study_of {},
      plots_of({ svg = svg, title = "loss < 1" }, { svg = svg }))
    local alternative, address = page:match '<img alt="([^"]*)" src="data:image/svg%+xml,([^"]*)">'
    assert.equal("Plot: loss &lt; 1", alternative)
    assert.not_matches("[^%w%-_.!~*();/:@=+$,?%%]", address)
    assert.equal(svg, (address:gsub("%%(%x%x)", function(digits)
      return string.char(tonumber(digits, 16))
    end)))
    assert.equal(2, count(page, "<img "))
  end)

  it("are a sentence where there is none, once", function()
    local page = report.text(study_of {}, plots_of({ message = "gnuplot is not installed" },
      { message = "gnuplot is not installed" }, { message = "no <number>" }))
    assert.equal(1, count(page, '<p class="note">gnuplot is not installed</p>'))
    assert.equal(1, count(page, '<p class="note">no &lt;number&gt;</p>'))
    assert.not_matches("<img", page)
    assert.not_matches('class="plots"', page)
  end)
end)

describe("report.write", function()
  local before

  setup(function()
    before = package.loaded["perigee.sweep.plots.plot"]
    package.loaded["perigee.sweep.plots.plot"] = plots_of { svg = "<svg/>" }
  end)

  teardown(function()
    package.loaded["perigee.sweep.plots.plot"] = before
  end)

  it("writes the page", function()
    local path, study = os.tmpname(), study_of { trial(50, 1) }
    assert.is_true(report.write(study, path))
    local file <close> = assert(io.open(path, "rb"))
    assert.equal(report.text(study, package.loaded["perigee.sweep.plots.plot"]), file:read "a")
    os.remove(path)
  end)

  it("raises where it could not", function()
    local path = "/no such folder/report.html"
    local written, message = pcall(report.write, study_of {}, path)
    assert.is_false(written)
    assert.matches(select(2, pcall(core.write, path, "")), message, 1, true)
  end)
end)
