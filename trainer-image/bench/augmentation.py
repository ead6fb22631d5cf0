#!/usr/bin/env python3
"""What augmentation brings where there are few examples: the same jobs with it and without, a seed per pair.

usage: augmentation.py digits|sms [--seeds 5] [--size N] [--epochs N] [--test N] [--cpus 0,1] [--work DIR]

A seed draws the training examples (digits: `--size` a class; sms: `--size` messages), as many to choose the epoch by, and all that training draws;
the test examples are the same for all. Prints a row per run, and at the end both means and the mean of the paired differences with its 95 % interval by
Student's t. Fetches weights and data with the example's own `fetch`. Needs `trainer-image/trainer/target/finetune`, which `mvn package` makes.
"""
import argparse
import json
import pathlib
import random
import shutil
import statistics
import subprocess
import time
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
FINETUNE = HERE.parent / "trainer" / "target" / "finetune" / "bin" / "finetune"
EXAMPLES = HERE.parent.parent / "examples"
TASKS = {
    "digits": dict(
        example="02-images", model="efficientnet-lite0", task="ImageClassification", metric="accuracy", size=5, epochs=50, batch=10, lr="1e-3",
        dataset="format: ImageFolder, preprocessing: {image: {resize: {exact: [32, 32]}}}",
        augmentation='{type: RandomResizedCrop, minScale: "0.8"}, {type: Rotation, degrees: "10"}',
    ),
    "sms": dict(
        example="01-sms-spam", model="minilm", task="TextClassification", metric="f1", positive="spam", size=100, epochs=6, batch=10, lr="1e-4",
        dataset='format: TSV, csv: {quote: None, header: false}, columns: {label: "0", text: "1"}, preprocessing: {text: {maxLength: 128}}',
        augmentation="{type: SynonymReplacement}, {type: RandomInsertion}, {type: RandomSwap}, {type: RandomDeletion}",
    ),
}
# The 97.5 % quantiles of Student's t from 1 degree of freedom on.
T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262]

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("task", choices=TASKS)
parser.add_argument("--seeds", type=int, default=5, choices=range(2, len(T) + 2))
parser.add_argument("--size", type=int, help="training examples, of digits a class")
parser.add_argument("--epochs", type=int)
parser.add_argument("--test", type=int, default=500, help="test examples")
parser.add_argument("--augmentation", help="what stands in the list of spec.dataset.augmentation; absent: the task's")
parser.add_argument("--cpus", default="0,1")
parser.add_argument("--work", type=pathlib.Path, default=HERE / "target")
args = parser.parse_args()
task = TASKS[args.task]
size = args.size or task["size"]
work = args.work.resolve() / "augmentation" / args.task


def digits(data, seed, folder):
    """Zips with a folder per digit, as the example's own."""
    with zipfile.ZipFile(data / "train.zip") as train, zipfile.ZipFile(data / "test.zip") as test:
        draw = random.Random(seed)
        parts = {"train": [], "validation": [], "test": random.Random(0).sample(sorted(test.namelist()), args.test)}
        for digit in "0123456789":
            drawn = draw.sample(sorted(n for n in train.namelist() if n.startswith(digit)), 2 * size)
            parts["train"] += drawn[:size]
            parts["validation"] += drawn[size:]
        for part, names in parts.items():
            with zipfile.ZipFile(folder / part, "w") as file:
                for name in names:
                    file.writestr(name, (test if part == "test" else train).read(name))


def sms(data, seed, folder):
    drawn = random.Random(seed).sample((data / "train.tsv").read_bytes().splitlines(), 2 * size)
    test = random.Random(0).sample((data / "test.tsv").read_bytes().splitlines(), args.test)
    for part, lines in {"train": drawn[:size], "validation": drawn[size:], "test": test}.items():
        (folder / part).write_bytes(b"".join(line + b"\n" for line in lines))


def manifest(data, seed, folder, augmented):
    augmentation = f", augmentation: [{args.augmentation or task['augmentation']}]" if augmented else ""
    positive = f", positiveLabel: {task['positive']}" if "positive" in task else ""
    return f"""apiVersion: finetune.dev/v1alpha1
kind: FineTuneJob
metadata: {{name: few}}
spec:
  task: {task["task"]}
  model: {{storageUri: "file://{data}/{task["model"]}"}}
  dataset: {{{task["dataset"]}, train: {{storageUri: "file:train"}}, validation: {{storageUri: "file:validation"}}, test: {{storageUri: "file:test"}},
    checks: {{minExamplesPerClass: 1, suspectedLabels: Ignore}}{augmentation}}}
  training:
    selectBy: logLoss
    hyperparameters: {{epochs: {args.epochs or task["epochs"]}, batchSize: {task["batch"]}, learningRate: "{task["lr"]}", seed: {seed}}}
    checkpoint: {{intervalSeconds: 3600}}
  evaluation: {{primaryMetric: {task["metric"]}{positive}, baselines: [LinearProbe]}}
  output: {{modelName: few}}
"""


def run(data, seed, augmented):
    folder = work / f"seed-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    {"digits": digits, "sms": sms}[args.task](data, seed, folder)
    (folder / "job.yaml").write_text(manifest(data, seed, folder, augmented))
    begin = time.monotonic()
    command = ["taskset", "-c", args.cpus, FINETUNE, "run", folder / "job.yaml", "--workspace", folder / "work", "--output", folder / "store"]
    with open(work / "log", "a") as log:
        subprocess.run([str(c) for c in command], check=True, stdout=log, stderr=log)
    train = json.loads((folder / "work" / "run" / "result.json").read_text())["train"]
    judged = json.loads((folder / "work" / "result" / "result.json").read_text())["evaluate"]
    measured = next(m for m in judged["results"] if m["metric"] == task["metric"])
    row = {
        "seed": seed,
        "augmented": augmented,
        task["metric"]: float(measured["candidate"]),
        "probe": next((float(b["value"]) for b in measured.get("baselines", []) if b["name"] == "LinearProbe"), None),
        "bestStep": train["bestStep"],
        "seconds": round(time.monotonic() - begin),
    }
    print(json.dumps(row), flush=True)
    return row[task["metric"]]


work.mkdir(parents=True, exist_ok=True)
data = work / "data"
subprocess.run([str(EXAMPLES / task["example"] / "fetch"), str(data)], check=True)
pairs = [(run(data, seed, False), run(data, seed, True)) for seed in range(args.seeds)]
differences = [with_it - without for without, with_it in pairs]
mean = statistics.mean(differences)
half = T[len(pairs) - 2] * statistics.stdev(differences) / len(pairs) ** 0.5
print(f"{task['metric']}: {statistics.mean(a for a, _ in pairs):.4f} without, {statistics.mean(b for _, b in pairs):.4f} with augmentation")
print(f"difference {mean:+.4f}, 95 % interval {mean - half:+.4f} .. {mean + half:+.4f} over {len(pairs)} seeds")
