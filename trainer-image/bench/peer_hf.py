"""The peer: Hugging Face Trainer on the very files that `finetune prepare` made, one JSON line per seed.

usage: peer_hf.py WORKSPACE [--epochs 1] [--batch 32] [--lr 5e-5] [--seeds 0,1] [--group] ...

Reads WORKSPACE/{model,train,test}. Hyperparameters, schedule and the choice of the best epoch on validation are the
caller's; batches are Trainer's own: shuffled with dynamic padding, or sorted by length with --group.
"""
import argparse
import html
import json
import os
import resource
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("workspace")
parser.add_argument("--epochs", type=int, default=1)
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--lr", type=float, default=5e-5)
parser.add_argument("--warmup-ratio", type=float, default=0.0)
parser.add_argument("--weight-decay", type=float, default=0.01)
parser.add_argument("--max-length", type=int, default=256)
parser.add_argument("--seeds", default="0")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--select-by", choices=["f1Macro", "f1", "accuracy", "loss", "pearson", "spearman"], default="f1Macro")
parser.add_argument("--positive-label")
parser.add_argument("--numbers", action="store_true", help="labels are numbers to be predicted")
parser.add_argument("--unescape-html", action="store_true")
parser.add_argument("--group", action="store_true", help="group_by_length")
args = parser.parse_args()

os.environ.update(
    TOKENIZERS_PARALLELISM="false", CUDA_VISIBLE_DEVICES="", HF_HUB_OFFLINE="1", OMP_NUM_THREADS=str(args.threads)
)
import numpy as np
import torch
import transformers as hf
from datasets import Dataset
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score

torch.set_num_threads(args.threads)
hf.logging.set_verbosity_error()


def read(*path):
    with open(os.path.join(args.workspace, *path), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


splits = {
    "train": read("train", "train.jsonl"),
    "validation": read("train", "validation.jsonl"),
    "test": read("test", "test.jsonl"),
}
labels = ["score"] if args.numbers else sorted({row["label"] for row in splits["train"]})
ids = {label: i for i, label in enumerate(labels)}
answer = float if args.numbers else ids.__getitem__
tokenizer = hf.AutoTokenizer.from_pretrained(os.path.join(args.workspace, "model"))


def tokenised(rows):
    clean = html.unescape if args.unescape_html else str
    texts = [name for name in ("text", "textPair") if name in rows[0]]
    columns = {name: [clean(r[name]) for r in rows] for name in texts}
    columns["labels"] = [answer(r["label"]) for r in rows]
    return Dataset.from_dict(columns).map(
        lambda batch: tokenizer(*[batch[name] for name in texts], truncation=True, max_length=args.max_length),
        batched=True,
        remove_columns=texts,
    )


data = {name: tokenised(rows) for name, rows in splits.items()}


def scores(logits, truth):
    if args.numbers:
        return {"pearson": pearsonr(logits[:, 0], truth)[0], "spearman": spearmanr(logits[:, 0], truth)[0]}
    guess = logits.argmax(1)
    result = {"accuracy": accuracy_score(truth, guess), "f1Macro": f1_score(truth, guess, average="macro")}
    if args.positive_label:
        result["f1"] = f1_score(truth, guess, pos_label=ids[args.positive_label], average="binary")
    return result


class Stopwatch(hf.TrainerCallback):
    """Seconds of the training steps alone, without validation and saving."""

    def __init__(self):
        self.seconds = []

    def on_epoch_begin(self, *_, **__):
        self.begun = time.time()

    def on_epoch_end(self, *_, **__):
        self.seconds.append(time.time() - self.begun)


for seed in map(int, args.seeds.split(",")):
    hf.set_seed(seed)
    model = hf.AutoModelForSequenceClassification.from_pretrained(
        os.path.join(args.workspace, "model"), num_labels=len(labels), problem_type="regression" if args.numbers else None
    )
    folder = tempfile.TemporaryDirectory()
    settings = hf.TrainingArguments(
        folder.name,
        num_train_epochs=args.epochs,
        per_device_train_batch_size=args.batch,
        per_device_eval_batch_size=64,
        learning_rate=args.lr,
        warmup_ratio=args.warmup_ratio,
        weight_decay=args.weight_decay,
        seed=seed,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model=args.select_by,
        greater_is_better=args.select_by != "loss",
        logging_strategy="no",
        report_to=[],
        use_cpu=True,
        group_by_length=args.group,
        disable_tqdm=True,
    )
    watch = Stopwatch()
    trainer = hf.Trainer(
        model,
        settings,
        train_dataset=data["train"],
        eval_dataset=data["validation"],
        processing_class=tokenizer,
        compute_metrics=lambda p: scores(p.predictions, p.label_ids),
        callbacks=[watch],
    )
    trainer.train()
    line = {
        "who": "peer-group" if args.group else "peer",
        "seed": seed,
        "secondsPerEpoch": round(float(np.mean(watch.seconds)), 2),
        "bestStep": int(trainer.state.best_model_checkpoint.rsplit("-", 1)[1]),
        **{k: round(v, 5) for k, v in scores(trainer.predict(data["test"]).predictions, np.array(data["test"]["labels"])).items()},
        "peakRssMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(line), flush=True)
    folder.cleanup()
