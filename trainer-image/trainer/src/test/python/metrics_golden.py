"""Reference values of every classification metric, by scikit-learn.

Usage: python metrics_golden.py > ../resources/dev/finetune/trainer/metric/metrics-golden.json
Needs: pip install scikit-learn (made with 1.9)
"""
import json
import sys

import numpy as np
from sklearn import metrics as M

BINS = 15


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def calibration_error(y, p):
    decided, confidence = p.argmax(1), p.max(1)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return sum(abs(confidence[bins == b].mean() - (decided == y)[bins == b].mean()) * (bins == b).mean()
               for b in range(BINS) if (bins == b).any())


def case(name, y, p, positive):
    k = p.shape[1]
    labels, a = [f"c{j}" for j in range(k)], p.argmax(1)
    present = [j for j in range(k) if (y == j).any()]
    values = {"accuracy": M.accuracy_score(y, a), "balancedAccuracy": M.recall_score(y, a, labels=present, average="macro", zero_division=0),
              "mcc": M.matthews_corrcoef(y, a), "logLoss": M.log_loss(y, p, labels=list(range(k))), "ece": calibration_error(y, p)}
    for average in ("macro", "micro", "weighted"):
        scores = M.precision_recall_fscore_support(y, a, labels=present, average=average, zero_division=0)
        for metric, value in zip(("precision", "recall", "f1"), scores):
            values[metric + average.capitalize()] = value
    one_hot = np.eye(k)[y]
    both = [j for j in present if len(present) > 1]
    if both:
        values["rocAuc"] = np.mean([M.roc_auc_score(one_hot[:, j], p[:, j]) for j in both])
    if k == 2 and positive is not None:
        scores = M.precision_recall_fscore_support(y, a, labels=[positive], average="macro", zero_division=0)
        values.update(zip(("precision", "recall", "f1"), scores[:3]))
        values["prAuc"] = M.average_precision_score(one_hot[:, positive], p[:, positive])
    elif k > 2:
        values["prAuc"] = np.mean([M.average_precision_score(one_hot[:, j], p[:, j]) for j in present])
    each = M.precision_recall_fscore_support(y, a, labels=present, average=None, zero_division=0)
    per_class = {m + "PerClass": {labels[j]: float(v) for j, v in zip(present, row)} for m, row in zip(("precision", "recall", "f1"), each)}
    return {"name": name, "labels": labels, "positiveLabel": None if positive is None else labels[positive], "truth": y.tolist(),
            "probabilities": p.tolist(), "values": {m: float(v) for m, v in values.items()}, "perClass": per_class,
            "confusion": M.confusion_matrix(y, a, labels=list(range(k))).tolist()}


def drawn(rng, n, prior, skill, digits=6):
    y = rng.choice(len(prior), n, p=prior)
    p = softmax(rng.normal(size=(n, len(prior))) + skill * np.eye(len(prior))[y])
    p = np.round(p, digits)
    return y, p / p.sum(1, keepdims=True)


rng = np.random.default_rng(7)
cases = [
    case("two classes, imbalanced, positive named", *drawn(rng, 200, [0.87, 0.13], 1.5), 1),
    case("two classes, the first one positive", *drawn(rng, 120, [0.4, 0.6], 1.0), 0),
    case("two classes, none positive", *drawn(rng, 100, [0.5, 0.5], 1.0), None),
    case("five classes", *drawn(rng, 200, [0.3, 0.3, 0.2, 0.15, 0.05], 1.2), None),
    case("tied scores", *drawn(rng, 150, [0.5, 0.3, 0.2], 0.8, digits=1), None),
]
y, p = drawn(rng, 120, [0.4, 0.3, 0.3], 1.0)
cases.append(case("a class without examples", y[y != 1], p[y != 1], None))
flat = p.copy()
flat[:, 2] = 0
flat /= flat.sum(1, keepdims=True)
cases.append(case("a class never predicted, with scores of zero", y, flat, None))
cases.append(case("everything right and certain", np.array([0, 1, 2, 1]), np.eye(3)[[0, 1, 2, 1]], None))
cases.append(case("everything taken for one class", np.array([0, 1, 1, 0, 1]), np.tile([0.3, 0.7], (5, 1)), 0))
cases.append(case("one class only", np.array([1, 1, 1]), np.array([[0.2, 0.8], [0.6, 0.4], [0.1, 0.9]]), 1))
json.dump(cases, sys.stdout, indent=None, separators=(",", ":"))
print()
