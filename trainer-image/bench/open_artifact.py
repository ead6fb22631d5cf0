#!/usr/bin/env python3
"""Opens published artefacts in Python transformers and asks them their own golden requests.

usage: open_artifact.py ARTIFACT...

Per artefact one JSON line. It ends with 1 unless of every artefact
- the Auto class that config.json names takes the weights without a missing, unexpected or mismatched tensor,
- the logits are those behind the scores in golden.jsonl within 1e-4, one request at a time and padded together, through the tokenizer or
  image processor that the artefact ships (of a softmax's scores, logits are known but for what is common to all: both are compared less their mean),
- the example of the model card, asked about the raw inputs, answers with the same labels and scores.
Otherwise texts are cleaned as manifest.json says (preprocessing); the rest is transformers' own doing. Makes its own virtual environment where this
Python has no transformers.
"""
import argparse
import base64
import html
import io
import json
import pathlib
import re
import sys
import unicodedata

import environment

TOLERANCE = 1e-4
AUTO = {
    "ForSequenceClassification": "AutoModelForSequenceClassification",
    "ForTokenClassification": "AutoModelForTokenClassification",
    "ForImageClassification": "AutoModelForImageClassification",
}


class Artifact:
    """What the files of one say."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.manifest = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        self.config = json.loads((self.folder / "config.json").read_text(encoding="utf-8"))
        with open(self.folder / "golden.jsonl", encoding="utf-8") as lines:
            self.requests = [json.loads(line) for line in lines]
        self.architecture = self.config["architectures"][0]
        self.labels = self.manifest["labels"]
        self.problem = self.config.get("problem_type")
        self.of_words = self.architecture.endswith("ForTokenClassification")

    def cleaned(self, text):
        settings = self.manifest.get("preprocessing") or {}
        if settings.get("unescapeHtml"):
            text = html.unescape(text)
        if settings.get("normalizeUnicode") in ("NFC", "NFKC"):
            text = unicodedata.normalize(settings["normalizeUnicode"], text)
        return text.lower() if settings.get("lowercase") else text

    def asked(self, request):
        """The cleaned words, text or pair of texts, or the picture as transformers' pipelines open it."""
        if request.get("image"):
            from PIL import Image
            from transformers.image_utils import load_image

            return load_image(Image.open(io.BytesIO(base64.b64decode(request["image"]))))
        if self.of_words:
            return [self.cleaned(word) for word in request["text"].split(" ")]
        texts = [self.cleaned(request["text"])]
        return texts if request.get("textPair") is None else [*texts, self.cleaned(request["textPair"])]


def open_model(artifact):
    """The model, and everything that transformers found wrong with the weights."""
    import transformers

    auto = next((AUTO[end] for end in AUTO if artifact.architecture.endswith(end)), None)
    if auto is None:
        sys.exit(f"{artifact.folder}: transformers has no {artifact.architecture}")
    model, info = getattr(transformers, auto).from_pretrained(artifact.folder, output_loading_info=True)
    wrong = [f"{what}: {sorted(map(str, found))}" for what, found in info.items() if found]
    if type(model).__name__ != artifact.architecture:
        wrong.append(f"{auto} makes {type(model).__name__} of {artifact.architecture}")
    if [model.config.id2label[i] for i in range(len(artifact.labels))] != artifact.labels:
        wrong.append(f"labels {model.config.id2label}, in manifest.json {artifact.labels}")
    return model.eval(), wrong


class Asking:
    """The artefact's own preparation of inputs, and the rows of logits that come out: one an input, or one a word that has a token."""

    def __init__(self, artifact, model, fast=None):
        import transformers

        self.artifact, self.model = artifact, model
        if "image_processor_type" in self.read("preprocessor_config.json"):
            self.processor = transformers.AutoImageProcessor.from_pretrained(artifact.folder, use_fast=fast)
            self.tokenizer = None
        else:
            self.tokenizer = transformers.AutoTokenizer.from_pretrained(artifact.folder)

    def read(self, name):
        file = self.artifact.folder / name
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}

    def rows(self, inputs):
        import torch

        if self.tokenizer is None:
            batch = self.processor(images=inputs, return_tensors="pt")
        elif self.artifact.of_words:
            batch = self.tokenizer(inputs, is_split_into_words=True, truncation=True, padding=True, return_tensors="pt")
        else:
            batch = self.tokenizer(*map(list, zip(*inputs)), truncation=True, padding=True, return_tensors="pt")
        with torch.no_grad():
            logits = self.model(**batch).logits.double().numpy()
        if not self.artifact.of_words:
            return list(logits)
        rows = []
        for i, words in enumerate(inputs):
            ids = batch.word_ids(i)
            rows.append([logits[i, ids.index(w)] if w in ids else None for w in range(len(words))])
        return rows


def difference(artifact, expected, row):
    """How far the logits are from those behind the scores, at most; infinity where they are of something else."""
    import numpy as np

    if artifact.of_words:
        tags = np.reshape(expected, (-1, len(artifact.labels)))
        if len(tags) != len(row):
            return float("inf")
        # A word without a token is outside of all entities for certain, which is no output of the model's.
        outside = [float(label == "O") for label in artifact.labels]
        return max(
            softmaxed(scores, logits) if logits is not None else 0.0 if list(scores) == outside else float("inf")
            for scores, logits in zip(tags, row)
        )
    scores = np.array(expected)
    if len(scores) != len(row):
        return float("inf")
    if artifact.problem == "regression":
        return float(abs(scores - row).max())
    if artifact.problem == "multi_label_classification":
        return float(abs(np.log(scores) - np.log1p(-scores) - row).max())
    return softmaxed(scores, row)


def softmaxed(scores, logits):
    import numpy as np

    behind = np.log(scores)
    return float(abs((behind - behind.mean()) - (logits - logits.mean())).max())


def example(artifact):
    """What the example of the model card makes: a pipeline, and what it cleans a text with."""
    card = (artifact.folder / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```python\n(.*?)```", card, re.DOTALL)
    if block is None:
        return None, None
    names = {"PHOTO": artifact.asked(artifact.requests[0]) if artifact.requests else None}
    # The folder as a Python text has it, and a picture at hand.
    code = block[1].replace('"path/to/this/folder"', repr(str(artifact.folder))).replace('"photo.jpg"', "PHOTO")
    exec(code, names)
    return names.get("classify") or names.get("find"), names.get("clean", str)


def of_card(artifact, pipeline, clean):
    """How far the scores of the card's example are from the golden ones, at most."""
    worst = 0.0
    for request in artifact.requests:
        if artifact.of_words:
            # It cuts texts into words in its own way: only that it answers is known.
            pipeline(clean(request["text"]))
            continue
        if request.get("image"):
            answers = pipeline(artifact.asked(request))
        elif request.get("textPair") is None:
            answers = pipeline(clean(request["text"]))
        else:
            answers = pipeline({"text": clean(request["text"]), "text_pair": clean(request["textPair"])})
        answers = answers if isinstance(answers, list) else [answers]
        answers = answers[0] if isinstance(answers[0], list) else answers
        golden = dict(zip(artifact.labels, request["scores"]))
        if artifact.problem == "single_label_classification" and answers[0]["label"] != request["label"]:
            return float("inf")
        worst = max(worst, *(abs(answer["score"] - golden[answer["label"]]) for answer in answers))
    return worst


def check(folder):
    """What was found, with `wrong`: the faults in words."""
    artifact = Artifact(folder)
    model, wrong = open_model(artifact)
    asking = Asking(artifact, model)
    inputs = [artifact.asked(request) for request in artifact.requests]
    if not inputs:
        wrong.append("golden.jsonl is empty: nothing to compare")
    single = [asking.rows([one])[0] for one in inputs]
    # A batch holds requests of one kind, as all of an artefact's are.
    together = asking.rows(inputs) if inputs else []
    found = {"artifact": str(folder), "architecture": artifact.architecture, "requests": len(inputs)}
    for name, rows in (("alone", single), ("padded", together)):
        each = [difference(artifact, request["scores"], row) for request, row in zip(artifact.requests, rows)]
        found[name] = max(each, default=0.0)
        far = [i for i, d in enumerate(each) if not d <= TOLERANCE]
        if far:
            wrong.append(f"logits {name}: {found[name]:.2g} apart, in lines {[i + 1 for i in far]} of golden.jsonl")
    if asking.tokenizer is None:
        fast = Asking(artifact, model, fast=True)
        other = [fast.rows([one])[0] for one in inputs]
        found["fastProcessor"] = max((difference(artifact, q["scores"], r) for q, r in zip(artifact.requests, other)), default=0.0)
    pipeline, clean = example(artifact) if inputs else (None, None)
    if inputs and pipeline is None:
        wrong.append("README.md has no example in Python")
    elif inputs:
        found["card"] = of_card(artifact, pipeline, clean)
        if not found["card"] <= TOLERANCE:
            wrong.append(f"the example of README.md: scores {found['card']:.2g} apart")
    return {**found, "wrong": wrong}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("artifact", nargs="+", type=pathlib.Path)
    args = parser.parse_args()
    environment.enter()
    results = [check(folder) for folder in args.artifact]
    for result in results:
        print(json.dumps(result))
    sys.exit(any(result["wrong"] for result in results))
