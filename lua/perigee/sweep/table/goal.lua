--- The goal of a metric: "max" where larger values are better, "min" where smaller ones are.

local c_locale = require "perigee.util.c_locale"
local collections = require "perigee.util.collections"
local printable = require "perigee.util.printable"

local goal = {}

local SMALLER = collections.set {
  "loss", "error", "err", "rmse", "mse", "mae", "nll", "perplexity", "crossentropy", "wer",
  "seconds", "latency",
}
local LARGER = collections.set {
  "accuracy", "acc", "f1", "auc", "precision", "recall", "score", "r2",
}
local NEGATIONS = collections.set {
  "neg", "negative", "negated", "minus", "inverse", "anti", "no", "non",
}
-- Words for the data or the average that a metric is of, which leave its goal as it is.
local QUALIFIERS = collections.set {
  "train", "training", "val", "valid", "validation", "test", "dev", "eval", "mean", "average",
  "best", "last", "final", "macro", "micro", "weighted", "balanced", "top1", "top5",
}

--- Derives a metric's goal from its name. All words of the name must agree, except for qualifiers:
--- "test_accuracy", "f1_score". A name that ends in _loss or _error has the goal "min" unless it is
--- negated: "neg_log_loss".
---@param name string
---@return "max"|"min"|nil  # nil if the name does not tell
function goal.of(name)
  local text, found = c_locale.lower(name):gsub("cross_entropy", "crossentropy"), nil
  for word in text:gmatch "[^_]+" do
    if NEGATIONS[word] then
      return nil
    end
  end
  if text:find "_loss$" or text:find "_error$" then
    return "min"
  end
  for word in text:gmatch "[^_]+" do
    local of_word = LARGER[word] and "max" or SMALLER[word] and "min"
    if not QUALIFIERS[word] and (not of_word or found and found ~= of_word) then
      return nil
    end
    found = of_word or found
  end
  return found
end

--- The message that asks for the goal of a metric whose name does not tell it.
---@param name string
---@return string
function goal.needed(name)
  return ('whether "%s" is better when it is larger or smaller is not known from its name: '
    .. 'goal = "max" or goal = "min" says so'):format(printable.name(name))
end

--- Tells if a number is better than another. Equal numbers are not.
---@param a number
---@param b number
---@param of_metric "max"|"min"  the metric's goal
---@return boolean
function goal.is_better(a, b, of_metric)
  if of_metric == "min" then
    return a < b
  end
  return a > b
end

return goal
