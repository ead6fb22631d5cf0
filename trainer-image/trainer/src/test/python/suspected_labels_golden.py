"""Suspected label errors of separable data with 5 % of the labels flipped: by cleanlab, on what scikit-learn's logistic regression
answers in cross-validation over the folds that CrossValidation makes.

Usage: python suspected_labels_golden.py > ../resources/dev/finetune/trainer/training/suspected-labels-golden.json
Needs: pip install cleanlab scikit-learn
"""
import hashlib
import json

import cleanlab
import numpy as np
from cleanlab.filter import find_label_issues
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDS = 5


def answers(x, labels, folds, c):
    p = np.zeros((len(labels), labels.max() + 1))
    for fold in range(FOLDS):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=c, tol=1e-8, max_iter=10000))
        p[folds == fold] = model.fit(x[folds != fold], labels[folds != fold]).predict_proba(x[folds == fold])
    return p


cases = []
for seed, (counts, spread, c) in enumerate([([200, 200], 1.0, 1.0), ([100, 100, 100, 100], 1.0, 0.1), ([300, 60], 1.0, 10.0)]):
    random = np.random.default_rng(seed)
    x, truth = make_blobs(counts, 6, cluster_std=spread, random_state=seed, center_box=(-4, 4))
    x = x.round(3)
    labels = truth.copy()
    planted = random.permutation(len(truth))[: len(truth) // 20]
    labels[planted] = (labels[planted] + random.integers(1, len(counts), len(planted))) % len(counts)
    keys = [hashlib.sha256(f"{seed}:{i}".encode()).hexdigest()[:16] for i in range(len(truth))]
    order = sorted(range(len(truth)), key=lambda i: (labels[i], keys[i]))
    folds = np.zeros(len(truth), int)
    folds[order] = np.arange(len(truth)) % FOLDS
    p = answers(x, labels, folds, c)
    found = set(np.flatnonzero(find_label_issues(labels, p)).tolist())
    right = len(found & set(planted.tolist()))
    cases.append(
        {
            "classes": len(counts),
            "c": c,
            "features": x.tolist(),
            "keys": keys,
            "labels": labels.tolist(),
            "planted": sorted(planted.tolist()),
            "probabilities": p.round(5).tolist(),
            "recall": right / len(planted),
            "precision": right / len(found),
        }
    )
print(json.dumps({"cleanlab": cleanlab.__version__, "cases": cases}))
