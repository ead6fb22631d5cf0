"""Suspected label errors by cleanlab, on out-of-fold probabilities of data with planted errors.

Usage: python label_issues_golden.py > ../resources/dev/finetune/trainer/metric/label-issues-golden.json
Needs: pip install cleanlab scikit-learn
"""
import json

import cleanlab
import numpy as np
from cleanlab.filter import find_label_issues
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

cases = []
for seed, (rows, classes, spread, noise, weights) in enumerate(
    [(400, 2, 2.0, 0.05, None), (600, 4, 2.5, 0.08, None), (500, 3, 3.0, 0.1, [0.7, 0.2, 0.1]), (300, 6, 2.0, 0.0, None)]
):
    random = np.random.default_rng(seed)
    counts = rows // classes if weights is None else [round(rows * w) for w in weights]
    x, truth = make_blobs(
        [counts] * classes if weights is None else counts, 8, cluster_std=spread, random_state=seed, center_box=(-4, 4)
    )
    labels = truth.copy()
    planted = random.random(len(truth)) < noise
    labels[planted] = (labels[planted] + random.integers(1, classes, planted.sum())) % classes
    p = cross_val_predict(LogisticRegression(max_iter=1000), x, labels, cv=5, method="predict_proba").round(6)
    ranked = find_label_issues(labels, p, filter_by="confident_learning", return_indices_ranked_by="self_confidence")
    cases.append(
        {
            "classes": classes,
            "labels": labels.tolist(),
            "planted": np.flatnonzero(planted).tolist(),
            "probabilities": p.tolist(),
            "confidentLearning": sorted(ranked.tolist()),
            "byDefault": np.flatnonzero(find_label_issues(labels, p)).tolist(),
        }
    )
print(json.dumps({"cleanlab": cleanlab.__version__, "cases": cases}))
