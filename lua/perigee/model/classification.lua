--- Reports of a classification: precision, recall and F1, as scikit-learn's classification_report.

local c_locale = require "perigee.util.c_locale"
local core = require "perigee.core"
local printable = require "perigee.util.printable"
local unknown_name = require "perigee.util.unknown_name"
local errors = require "perigee.util.errors"

local classification = {}

--- A report of `m:report`. It prints as scikit-learn's.
---@class perigee.report
---@field names string[]  of the classes; "0", "1", ... for a model without names
---@field precision perigee.array  float64 (classes)
---@field recall perigee.array  float64 (classes)
---@field f1 perigee.array  float64 (classes)
---@field support perigee.array  int64 (classes): rows of each class
---@field accuracy number  the fraction of rows that are predicted right
---@field macro table  precision, recall, f1: means over the classes; support, all rows
---@field weighted table  likewise, weighted by support
---@field confusion perigee.array  as m:evaluate returns it

local FIELDS = {
  "names", "precision", "recall", "f1", "support", "accuracy", "macro", "weighted", "confusion",
}
local AVERAGES = "weighted avg" -- the longest heading of an average

local METATABLE = { __name = "perigee.report" }

--- a / b, and 0 where b is 0.
local function ratio(a, b)
  return core.where(b:eq(0), 0, a / core.maximum(b, 1))
end

--- The harmonic mean of arrays or numbers, 0 where both are 0. The order of the operations is
--- scikit-learn's: it decides how numbers such as 0.625 are rounded to two digits.
local function harmonic_mean(a, b)
  if math.type(a) then
    return a + b == 0 and 0.0 or 2 * a * b / (a + b)
  end
  return core.where((a + b):eq(0), 0, a * 2 * b / core.where((a + b):eq(0), 1, a + b))
end

local AVERAGE_FIELDS = { "precision", "recall", "f1", "support" }
local AVERAGES_METATABLE = {
  __index = function(_, name)
    errors.raise(unknown_name.message("an average", name, AVERAGE_FIELDS))
  end,
}

--- The means of a report's columns, by weights.
local function averages(report, weights)
  local sum, means = weights:sum(), { support = report.support:sum() }
  for _, name in ipairs { "precision", "recall", "f1" } do
    means[name] = sum == 0 and 0.0 or (report[name] * weights):sum() / sum
  end
  return setmetatable(means, AVERAGES_METATABLE)
end

--- Makes the report of a confusion matrix.
---@param confusion perigee.array  int64 (classes, classes): rows are labels, columns predictions
---@param names? string[]
---@return perigee.report
function classification.report(confusion, names)
  local right, support, predicted = confusion:diag(), confusion:sum(2), confusion:sum(1)
  local report = {
    names = names and table.move(names, 1, #names, 1, {}), confusion = confusion,
    support = support,
    precision = ratio(right, predicted), recall = ratio(right, support),
    accuracy = right:sum() / support:sum(),
  }
  if not names then
    report.names = {}
    for i = 1, #support do
      report.names[i] = ("%d"):format(i - 1)
    end
  end
  report.f1 = harmonic_mean(report.precision, report.recall)
  report.macro = averages(report, core.ones(#support))
  report.weighted = averages(report, support)
  return setmetatable(report, METATABLE)
end

function METATABLE.__index(_, name)
  errors.raise(unknown_name.message("a report", name, FIELDS))
end

--- Puts blanks before a text.
local function right_of(text, width)
  return (" "):rep(width - printable.width(text)) .. text
end

--- The text of scikit-learn's report, with two digits.
function METATABLE:__tostring()
  local names, width = {}, #AVERAGES
  for i, name in ipairs(self.names) do
    names[i] = printable.name(name)
    width = math.max(width, printable.width(names[i]))
  end
  local lines = { right_of("", width) .. "  precision    recall  f1-score   support", "" }
  local function add(name, ...)
    lines[#lines + 1] = right_of(name, width) .. c_locale.format("  %9s %9s %9.2f %9d", ...)
  end
  local function number(value)
    return c_locale.format("%.2f", value)
  end
  local precision, recall, f1 = self.precision:tolist(), self.recall:tolist(), self.f1:tolist()
  local support = self.support:tolist()
  for i, name in ipairs(names) do
    add(name, number(precision[i]), number(recall[i]), f1[i], support[i])
  end
  lines[#lines + 1] = ""
  -- scikit-learn shows F1 over all classes together, which is the accuracy but for rounding.
  add("accuracy", "", "", harmonic_mean(self.accuracy, self.accuracy), self.support:sum())
  for _, average in ipairs { "macro", "weighted" } do
    local means = self[average]
    add(average .. " avg", number(means.precision), number(means.recall), means.f1, means.support)
  end
  return table.concat(lines, "\n") .. "\n"
end

return classification
