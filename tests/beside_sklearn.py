"""Compares what tests/spec/sklearn_spec.lua writes with scikit-learn.

usage: python3 tests/beside_sklearn.py FILE

A line of the file is a case in JSON; prints each case that differs.
"""

import json
import sys
import warnings

import numpy as np
from sklearn.metrics import classification_report, r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_class_weight


def split(case):
    labels = np.array(case["labels"])
    y = {"integers": labels, "floats": labels / 2,
         "rows": np.eye(max(2, case["classes"]))[labels],
         "texts": np.array(["class %d" % n for n in labels])}[case["form"]]
    try:
        expected = train_test_split(
            np.arange(len(labels)), test_size=case["test"],
            random_state=case["seed"], stratify=y if case["stratify"] else None)
    except ValueError as error:
        return None if not case["worked"] else "raises: %s" % error
    if not case["worked"]:
        return "does not raise"
    expected = [part.tolist() for part in expected]
    return None if expected == [case["train"], case["tested"]] else expected


def standardise(case):
    x = np.array(case["x"], dtype=case["dtype"])
    scaler = StandardScaler().fit(x)
    out = scaler.transform(x)
    close = (np.allclose(out, case["out"], rtol=1e-6, atol=1e-6) and
             np.allclose(scaler.mean_, case["mean"], rtol=1e-12) and
             np.allclose(scaler.scale_, case["std"], rtol=1e-12))
    return None if close else (out.tolist(), scaler.mean_, scaler.scale_)


def report(case):
    classes = len(case["names"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = classification_report(case["labels"], case["predicted"],
                                     labels=range(classes),
                                     target_names=case["names"])
    return None if text == case["text"] else text


def score(case):
    expected = r2_score(case["y"], case["predicted"])
    return None if np.isclose(expected, case["score"], rtol=1e-9, atol=1e-9) else expected


def balanced(case):
    """The loss of each class's rows y: their targets' weights times log(classes)."""
    labels, classes = np.array(case["labels"]), case["classes"]
    weights = compute_class_weight("balanced", classes=np.arange(classes), y=labels)
    hot = np.eye(classes)[labels]
    expected = [((0.5 * hot + 0.5 * np.eye(classes)[c]) @ weights).mean() * np.log(classes)
                for c in range(classes)]
    return None if np.allclose(expected, case["losses"], rtol=1e-7) else expected


def main():
    count = 0
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            case = json.loads(line)
            problem = globals()[case["kind"]](case)
            if problem is not None:
                print(case, "scikit-learn:", problem)
            count += 1
    print(count, "cases")


main()
