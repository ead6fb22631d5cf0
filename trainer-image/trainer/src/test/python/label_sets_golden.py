"""Reference values of every metric of examples with any number of labels, by scikit-learn, on the indicator matrix.

Usage: python label_sets_golden.py > ../resources/dev/finetune/trainer/metric/label-sets-golden.json
Needs: pip install scikit-learn
"""
import json
import sys

import numpy as np
from sklearn import metrics as M


def values(y, p, threshold):
    a = (p >= threshold).astype(int)
    k = y.shape[1]
    present = [j for j in range(k) if y[:, j].any()]
    both = [j for j in present if not y[:, j].all()]
    found = {"accuracy": M.accuracy_score(y, a),
             "logLoss": np.mean([M.log_loss(y[:, j], p[:, j], labels=[0, 1]) for j in range(k)])}
    for average in ("macro", "micro", "weighted"):
        scores = M.precision_recall_fscore_support(y, a, labels=present, average=average, zero_division=0)
        for metric, value in zip(("precision", "recall", "f1"), scores):
            found[metric + average.capitalize()] = value
    if both:
        found["rocAuc"] = np.mean([M.roc_auc_score(y[:, j], p[:, j]) for j in both])
    found["prAuc"] = np.mean([M.average_precision_score(y[:, j], p[:, j]) for j in present])
    each = M.precision_recall_fscore_support(y, a, labels=present, average=None, zero_division=0)
    per_class = {m + "PerClass": {str(j): float(v) for j, v in zip(present, row)} for m, row in zip(("precision", "recall", "f1"), each)}
    return {m: float(v) for m, v in found.items()}, per_class


def best_f1(y, p):
    """The highest micro F1 over all labels that any threshold gives."""
    return max(M.f1_score(y, (p >= t).astype(int), average="micro", zero_division=0) for t in np.unique(p))


def case(name, y, p, threshold, weights):
    """Weights are repetitions: the expected numbers are those of the repeated examples."""
    found, per_class = values(y, p, threshold)
    repeated = np.repeat(np.arange(len(y)), weights)
    return {"name": name, "labels": y.shape[1], "truth": [np.flatnonzero(row).tolist() for row in y], "scores": p.tolist(), "threshold": threshold,
            "values": found, "perClass": per_class, "weights": weights.tolist(), "weighted": values(y[repeated], p[repeated], threshold)[0],
            "bestF1": best_f1(y, p)}


def drawn(rng, n, shares, skill, digits=4):
    y = (rng.uniform(size=(n, len(shares))) < shares).astype(int)
    z = rng.normal(size=y.shape) + skill * y - 1
    return y, np.round(1 / (1 + np.exp(-z)), digits)


rng = np.random.default_rng(11)
some = lambda n: rng.integers(1, 4, n)
common = drawn(rng, 80, [0.5, 0.3, 0.2, 0.1], 2)
rare = drawn(rng, 200, [0.4, 0.05, 0.03, 0.02, 0.3], 1.5)
ties = drawn(rng, 60, [0.4, 0.6, 0.2], 1, digits=1)
two = drawn(rng, 50, [0.4, 0.3], 2)
absent = drawn(rng, 40, [0.5, 0.4, 0], 2)
always = drawn(rng, 30, [0.5, 1], 2)
cases = [case("four labels", *common, 0.5, some(80)), case("rare labels, low threshold", *rare, 0.3, some(200)),
         case("equal scores", *ties, 0.5, some(60)), case("two labels", *two, 0.45, some(50)),
         case("a label without an example", *absent, 0.5, some(40)), case("a label of every example", *always, 0.5, some(30)),
         case("nothing given", *common, 1.1, some(80))]
json.dump({"cases": cases}, sys.stdout)
print()
