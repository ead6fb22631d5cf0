"""The peer: Hugging Face Trainer on the very files that `finetune prepare` made, one JSON line per seed.

usage: peer_hf.py WORKSPACE [--epochs 1] [--batch 32] [--lr 5e-5] [--seeds 0,1] [--group] ...

Reads WORKSPACE/{model,train,test}. Hyperparameters, schedule and the choice of the best epoch on validation are the
caller's; batches are Trainer's own: shuffled with dynamic padding, or sorted by length with --group. Images are decoded,
cropped and flipped by Pillow and torchvision in a process of its own, and the network is torchvision's SqueezeNet. Words are learned
and answered at their first token, and entities counted by seqeval in its default mode.
"""
import argparse
import html
import json
import os
import resource
import sys
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
parser.add_argument("--select-by", choices=["f1Macro", "f1Micro", "f1", "accuracy", "loss", "pearson", "spearman"], default="f1Macro")
parser.add_argument("--positive-label")
parser.add_argument("--kind", choices=["labels", "label-sets", "numbers", "tags", "images"], default="labels", help="what is to be predicted")
parser.add_argument("--augment", action="store_true", help="images: random resized crop and flip")
parser.add_argument("--workers", type=int, default=1, help="images: processes that decode")
parser.add_argument("--unescape-html", action="store_true")
parser.add_argument("--group", action="store_true", help="group_by_length")
args = parser.parse_args()

os.environ.update(
    TOKENIZERS_PARALLELISM="false", CUDA_VISIBLE_DEVICES="", HF_HUB_OFFLINE="1", OMP_NUM_THREADS=str(args.threads)
)
import numpy as np
import seqeval.metrics as seqeval
import torch
import transformers as hf
from datasets import Dataset
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, precision_recall_curve

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
rows = splits["train"]


class Labels:
    """One label of several for a text or a pair of texts."""

    model = hf.AutoModelForSequenceClassification
    problem = "single_label_classification"

    def __init__(self):
        self.labels = sorted({row["label"] for row in rows})

    def answer(self, row):
        return self.labels.index(row["label"])

    def scores(self, logits, truth):
        guess = logits.argmax(1)
        result = {"accuracy": accuracy_score(truth, guess), "f1Macro": f1_score(truth, guess, average="macro")}
        if args.positive_label:
            positive = self.labels.index(args.positive_label)
            result["f1"] = f1_score(truth, guess, pos_label=positive, average="binary")
        return result

    def split(self, split):
        texts = [name for name in ("text", "textPair") if name in split[0]]
        clean = html.unescape if args.unescape_html else str
        columns = [[clean(row[name]) for row in split] for name in texts]
        # Not by Dataset.map: to name its cache it pickles the function with this class and all that the script has loaded, for minutes.
        encoded = tokenizer(*columns, truncation=True, max_length=args.max_length)
        return Dataset.from_dict({**encoded, "labels": [self.answer(row) for row in split]})

    def collator(self):
        return hf.DataCollatorWithPadding(tokenizer)

    def network(self):
        return self.model.from_pretrained(
            os.path.join(args.workspace, "model"), num_labels=len(self.labels), problem_type=self.problem
        )


class Numbers(Labels):
    problem = "regression"

    def __init__(self):
        self.labels = ["score"]

    def answer(self, row):
        return float(row["label"])

    def scores(self, logits, truth):
        return {"pearson": pearsonr(logits[:, 0], truth)[0], "spearman": spearmanr(logits[:, 0], truth)[0]}


class LabelSets(Labels):
    """Any number of labels; they are given from the score on that makes the best micro F1 of validation."""

    problem = "multi_label_classification"
    threshold = 0.0

    def __init__(self):
        self.labels = sorted({label for row in rows for label in json.loads(row["label"])})

    def answer(self, row):
        given = json.loads(row["label"])
        return [float(label in given) for label in self.labels]

    def choose(self, logits, truth):
        precision, recall, thresholds = precision_recall_curve(truth.ravel(), logits.ravel())
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        self.threshold = thresholds[f1[:-1].argmax()]

    def scores(self, logits, truth):
        guess = logits >= self.threshold
        return {name: f1_score(truth, guess, average=name[2:].lower(), zero_division=0) for name in ("f1Micro", "f1Macro")}


class Tags(Labels):
    """A tag a word, as run_ner does it: at the word's first token, with -100 at all others."""

    model = hf.AutoModelForTokenClassification
    problem = None

    def __init__(self):
        self.labels = sorted({tag for row in rows for tag in json.loads(row["label"])})

    def split(self, split):
        clean = html.unescape if args.unescape_html else str
        words = [[clean(word) for word in row["text"].split(" ")] for row in split]
        tags = [json.loads(row["label"]) for row in split]
        encoded = tokenizer(words, is_split_into_words=True, truncation=True, max_length=args.max_length)
        labels = [self.at_first_tokens(encoded.word_ids(i), of_words) for i, of_words in enumerate(tags)]
        return Dataset.from_dict({**encoded, "labels": labels})

    def at_first_tokens(self, words, tags):
        unseen = [tags[word] for word in range(len(tags)) if word not in words]
        if any(tag != "O" for tag in unseen):
            sys.exit(f"words of entities have no token within {args.max_length}: seqeval would not see them")
        return [
            self.labels.index(tags[word]) if word is not None and word not in words[:i] else -100 for i, word in enumerate(words)
        ]

    def collator(self):
        return hf.DataCollatorForTokenClassification(tokenizer)

    def scores(self, logits, truth):
        named = [[], []]
        for guess, answer in zip(logits.argmax(2), truth):
            seen = answer != -100
            for names, numbers in zip(named, (answer, guess)):
                names.append([self.labels[number] for number in numbers[seen]])
        averages = {f"f1{how}": seqeval.f1_score(*named, average=how.lower(), zero_division=0) for how in ("Micro", "Macro")}
        return {"accuracy": seqeval.accuracy_score(*named), **averages}


class Images(Labels):
    """torchvision's SqueezeNet 1.0 with a new last convolution, on images as its weights were trained."""

    def split(self, split):
        import io

        from PIL import Image, ImageOps
        from torchvision import transforms as t

        changed = args.augment and split is rows
        fit = [t.RandomResizedCrop(224), t.RandomHorizontalFlip()] if changed else [t.Resize(256), self.middle]
        fit = t.Compose(fit + [t.ToTensor(), t.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
        folder = os.path.join(args.workspace, "test" if split is splits["test"] else "train")
        label = self.answer

        class Files(torch.utils.data.Dataset):
            def __len__(self):
                return len(split)

            def __getitem__(self, i):
                image = split[i]["image"]
                with open(os.path.join(folder, image["file"]), "rb") as pack:
                    pack.seek(image["offset"])
                    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(pack.read(image["length"])))).convert("RGB")
                return {"pixel_values": fit(picture), "labels": label(split[i])}

        return Files()

    @staticmethod
    def middle(picture):
        """As transformers crops; torchvision's CenterCrop rounds to the even pixel."""
        left, top = (picture.width - 224) // 2, (picture.height - 224) // 2
        return picture.crop((left, top, left + 224, top + 224))

    def collator(self):
        return hf.default_data_collator

    def network(self):
        from safetensors.torch import load_file
        from torchvision.models import squeezenet1_0

        with open(os.path.join(args.workspace, "model", "config.json"), encoding="utf-8") as config:
            spread = json.load(config).get("initializer_range", 0.02)

        class Network(torch.nn.Module):
            def __init__(self, labels):
                super().__init__()
                self.net = squeezenet1_0()
                self.net.load_state_dict(load_file(os.path.join(args.workspace, "model", "model.safetensors")))
                self.net.classifier[1] = torch.nn.Conv2d(512, labels, 1)
                torch.nn.init.normal_(self.net.classifier[1].weight, std=spread)
                torch.nn.init.zeros_(self.net.classifier[1].bias)

            def forward(self, pixel_values, labels=None):
                logits = self.net(pixel_values)
                return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}

        return Network(len(self.labels))


task = {"labels": Labels, "label-sets": LabelSets, "numbers": Numbers, "tags": Tags, "images": Images}[args.kind]()
model_folder = os.path.join(args.workspace, "model")
tokenizer = None if args.kind == "images" else hf.AutoTokenizer.from_pretrained(model_folder)
data = {name: task.split(split) for name, split in splits.items()}


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
    model = task.network()
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
        dataloader_num_workers=args.workers if args.kind == "images" else 0,
        disable_tqdm=True,
    )
    watch = Stopwatch()
    trainer = hf.Trainer(
        model,
        settings,
        train_dataset=data["train"],
        eval_dataset=data["validation"],
        processing_class=tokenizer,
        data_collator=task.collator(),
        compute_metrics=lambda p: task.scores(p.predictions, p.label_ids),
        callbacks=[watch],
    )
    trainer.train()
    if args.kind == "label-sets":
        validation = trainer.predict(data["validation"])
        task.choose(validation.predictions, validation.label_ids)
    test = trainer.predict(data["test"])
    line = {
        "who": "peer-group" if args.group else "peer",
        "seed": seed,
        "secondsPerEpoch": round(float(np.mean(watch.seconds)), 2),
        "bestStep": int(trainer.state.best_model_checkpoint.rsplit("-", 1)[1]),
        **{k: round(float(v), 5) for k, v in task.scores(test.predictions, test.label_ids).items()},
        "peakRssMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(line), flush=True)
    folder.cleanup()
