"""Reference values of every metric of numbers and of ridge regression, by SciPy and scikit-learn.

Usage: python numbers_golden.py > ../resources/dev/finetune/trainer/metric/numbers-golden.json
Needs: pip install scikit-learn scipy
"""
import json
import sys

import numpy as np
from scipy import stats
from sklearn import linear_model
from sklearn import metrics as M


def values(y, p):
    found = {"mse": M.mean_squared_error(y, p), "rmse": M.mean_squared_error(y, p) ** 0.5, "mae": M.mean_absolute_error(y, p)}
    if len(set(y)) > 1:
        found["r2"] = M.r2_score(y, p)
        if len(set(p)) > 1:
            found |= {"pearson": stats.pearsonr(y, p)[0], "spearman": stats.spearmanr(y, p)[0]}
    return {k: float(v) for k, v in found.items()}


def case(name, y, p, weights):
    """Weights are repetitions: the expected numbers are those of the repeated examples."""
    repeated = np.repeat(np.arange(len(y)), weights)
    return {"name": name, "truth": y.tolist(), "predicted": p.tolist(), "values": values(y, p), "weights": weights.tolist(),
            "weighted": values(y[repeated], p[repeated])}


rng = np.random.default_rng(5)
noise = lambda n, s: rng.normal(size=n) * s
y = np.round(rng.uniform(0, 5, 60), 1)
cases = [case("scores with ties", y, np.round(y + noise(60, 0.8), 2), rng.integers(0, 4, 60)),
         case("unrelated", np.round(noise(40, 3), 3), np.round(noise(40, 1), 3), rng.integers(0, 3, 40)),
         case("negative", np.arange(20.0), -2 * np.arange(20.0) ** 3, rng.integers(0, 3, 20)),
         case("constant prediction", y[:12], np.full(12, 2.5), np.ones(12, int)),
         case("constant truth", np.full(9, 1.5), np.round(noise(9, 1), 3), np.ones(9, int)),
         case("large", 1e6 + np.round(noise(30, 10), 2), 1e6 + np.round(noise(30, 10), 2), np.ones(30, int))]
x = np.round(rng.normal(size=(30, 4)), 3)
z = np.round(x @ [1.5, -2, 0, 0.5] + 3 + noise(30, 0.3), 3)
ridge = [{"alpha": a, "weights": [*map(float, m.coef_), float(m.intercept_)]} for a in (0.01, 1, 100) for m in [linear_model.Ridge(alpha=a, solver="cholesky").fit(x, z)]]
json.dump({"cases": cases, "features": x.tolist(), "numbers": z.tolist(), "ridge": ridge}, sys.stdout)
print()
