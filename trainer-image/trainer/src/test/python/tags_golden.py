"""Reference values of every metric of tagged words, by seqeval in its default mode, and log loss by scikit-learn.

Usage: python tags_golden.py > ../resources/dev/finetune/trainer/metric/tags-golden.json
Needs: pip install seqeval scikit-learn
"""
import json
import sys
import warnings

import numpy as np
from seqeval.metrics import accuracy_score
from seqeval.metrics.sequence_labeling import get_entities, precision_recall_fscore_support
from sklearn.metrics import log_loss

NAMES = ("precision", "recall", "f1")
warnings.simplefilter("ignore")


def values(tags, truth, given, scores):
    found = {"accuracy": accuracy_score(truth, given)}
    for average in ("micro", "macro", "weighted"):
        for name, value in zip(NAMES, precision_recall_fscore_support(truth, given, average=average, zero_division=0)):
            found[name + average.capitalize()] = float(value)
    words = [t for text in truth for t in text]
    found["logLoss"] = float(log_loss([tags.index(t) for t in words], np.concatenate(scores), labels=range(len(tags))))
    return found


def case(name, tags, truth, scores, weights):
    given = [[tags[j] for j in text.argmax(1)] for text in scores]
    types = sorted({e[0] for e in get_entities(truth)} | {e[0] for e in get_entities(given)})
    each = precision_recall_fscore_support(truth, given, average=None, zero_division=0)
    repeated = [i for i, n in enumerate(weights) for _ in range(n)]
    return {"name": name, "tags": tags, "truth": truth, "given": given, "scores": [text.flatten().tolist() for text in scores],
            "values": values(tags, truth, given, scores),
            "perType": {t: {"precision": float(each[0][i]), "recall": float(each[1][i]), "f1": float(each[2][i]), "support": int(each[3][i])}
                        for i, t in enumerate(types)},
            "weights": [int(n) for n in weights],
            "weighted": values(tags, [truth[i] for i in repeated], [given[i] for i in repeated], [scores[i] for i in repeated]),
            "entities": [[[e[0], int(e[1]), int(e[2]) + 1] for e in get_entities(text)] for text in truth]}


def drawn(rng, tags, texts, skill, shares=None):
    """Any tag after any other, so that I- follows O, other types and the start; scores are of one digit of noise."""
    truth, scores = [], []
    for _ in range(texts):
        words = int(rng.integers(1, 12))
        picked = rng.choice(len(tags), words, p=shares)
        z = rng.normal(size=(words, len(tags)))
        z[np.arange(words), picked] += skill
        p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
        truth.append([tags[i] for i in picked])
        scores.append(np.round(p, 6) / np.round(p, 6).sum(1, keepdims=True))
    return truth, scores


rng = np.random.default_rng(5)
iob = ["B-LOC", "B-PER", "I-LOC", "I-PER", "O"]
io = ["I-LOC", "I-PER", "O"]
dashes = ["B-corporate-x", "B-x", "I-corporate-x", "I-x", "O"]
some = lambda n: rng.integers(1, 4, n)
sure = lambda tags, given: [np.array([[0.96 if t == g else 0.01 for t in tags] for g in text]) for text in given]
unseen_truth = [["B-LOC", "I-LOC", "O"], ["O", "B-LOC"], ["O"]]
unseen_given = [["B-LOC", "I-LOC", "B-PER"], ["B-PER", "B-LOC"], ["O"]]
cases = [case("any tag after any other", iob, *drawn(rng, iob, 60, 2.5), some(60)),
         case("mostly outside", iob, *drawn(rng, iob, 80, 3, [0.05, 0.03, 0.06, 0.02, 0.84]), some(80)),
         case("without B-", io, *drawn(rng, io, 40, 2), some(40)),
         case("types with dashes", dashes, *drawn(rng, dashes, 40, 2.5), some(40)),
         case("a type that is only given", iob, unseen_truth, sure(iob, unseen_given), some(3)),
         case("nothing given", iob, unseen_truth, sure(iob, [["O"] * len(t) for t in unseen_truth]), some(3)),
         case("one type goes on as another", iob, [["B-LOC", "I-PER", "I-PER", "I-LOC"], ["I-PER", "I-PER", "B-PER", "I-LOC"]],
              sure(iob, [["I-LOC", "I-PER", "I-PER", "B-LOC"], ["B-PER", "I-PER", "B-PER", "I-PER"]]), some(2))]
json.dump({"cases": cases}, sys.stdout)
print()
