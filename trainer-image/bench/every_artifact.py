#!/usr/bin/env python3
"""Fine-tunes a small model of every architecture for every task, and opens what was published in Python transformers (open_artifact.py).

usage: every_artifact.py [--only TEXT ...] [--minilm DIR] [--work DIR]

Base models are tiny ones that transformers makes here of random weights, each with a tokenizer of its family's kind that is trained on the
texts; texts and images are generated. So nothing is fetched but the packages. --minilm adds a real one: a folder with all-MiniLM-L6-v2, such
as examples/01-sms-spam/fetch makes. --only keeps what has one of the texts in ARCHITECTURE/TASK. Some validation rows, which golden requests are taken
from, are hard ones: too long, in other scripts, with HTML references, decomposed letters and words that leave nothing.
For images the base model's image processor is compared with the artefact's, too. Needs `trainer-image/trainer/target/finetune`, which `mvn package` makes.
Prints a line a job and a table at the end; ends with 1 where an artefact does not open, differs, or a job failed.
"""
import argparse
import json
import pathlib
import random
import shutil
import subprocess
import sys

import environment
import open_artifact

FINETUNE = environment.HERE.parent / "trainer" / "target" / "finetune" / "bin" / "finetune"
POSITIONS = 48
HARD = [
    "fish &amp; chips &lt;3 &#233;t&eacute; caf&eacute;",
    "Cafe\u0301 A\u030angstro\u0308m na\u0131ve \u017fharp Stra\u00dfe",
    "\u4f60\u597d\u4e16\u754c \u3053\u3093\u306b\u3061\u306f \ud55c\uad6d\uc5b4 \u0395\u03bb\u03bb\u03ac\u03b4\u03b1",
    "\U0001f602\U0001f44d\U0001f3fd ok \u200d zero \u200b width \u00ad soft",
    "[SEP] <mask> </s> [MASK] <s> [UNK]",
    "...!!! $5.00 (really?) e-mail@example.org http://a.b/c?d=e&f=g",
    "\tTabs\tand  many   spaces ",
    "word " * 42 + "end",
]
WORDS = "the a my our last next big small red blue old new day week night shop train house letter call phone bank card money trip".split()
TOPICS = {
    "animals": "dog cat horse sheep goat".split(),
    "food": "bread cheese apple soup rice".split(),
    "weather": "rain snow wind storm sunshine".split(),
}
NAMES, PLACES = "Ada Grace Alan Edsger Barbara".split(), "Paris Oslo Lima Cairo Kyoto".split()


def sentence(draw, *kept):
    words = draw.choices(WORDS, k=draw.randint(4, 14)) + list(kept)
    draw.shuffle(words)
    return " ".join(words).capitalize() + draw.choice(["", ".", "!", "?"])


def keyword(draw, topic):
    return draw.choice(TOPICS[topic])


# A row of a task, plain or around a hard text.


def labelled(draw, hard):
    topic = draw.choice(sorted(TOPICS))
    return {"text": sentence(draw, keyword(draw, topic), keyword(draw, topic)) + (" " + hard if hard else ""), "label": topic}


def paired(draw, hard):
    topic = draw.choice(sorted(TOPICS))
    first, second = sentence(draw), sentence(draw, keyword(draw, topic), keyword(draw, topic))
    return {"first": first + (" " + hard if hard else ""), "second": second + (" " + hard if hard and draw.random() < 0.5 else ""), "label": topic}


def with_labels(draw, hard):
    topics = [topic for topic in sorted(TOPICS) if draw.random() < 0.5]
    text = sentence(draw, *(keyword(draw, topic) for topic in topics for _ in range(2)))
    return {"text": text + (" " + hard if hard else ""), "labels": topics}


def numbered(draw, hard):
    count = draw.randint(0, 4)
    return {"text": sentence(draw, *(keyword(draw, "food") for _ in range(count))) + (" " + hard if hard else ""), "label": count - 2}


def tagged(draw, hard):
    tokens, tags = [], []
    for _ in range(draw.randint(1, 3)):
        kind, names = draw.choice([("PER", NAMES), ("LOC", PLACES)])
        found = draw.sample(names, draw.randint(1, 2))
        other = draw.choices(WORDS, k=draw.randint(1, 4))
        tokens += other + found
        tags += ["O"] * len(other) + ["B-" + kind] + ["I-" + kind] * (len(found) - 1)
    # A word holds no space.
    rest = hard.split() if hard else ["."]
    return {"tokens": tokens + rest, "tags": tags + ["O"] * len(rest)}


TEXTS = {
    "TextClassification": (labelled, "text: text, label: label"),
    "TextPairClassification": (paired, "text: first, textPair: second, label: label"),
    "MultiLabelTextClassification": (with_labels, "text: text, labels: labels"),
    "TextRegression": (numbered, "text: text, label: label"),
    "TokenClassification": (tagged, "tokens: tokens, tags: tags"),
}


def make_texts(folder):
    for task, (row, _) in TEXTS.items():
        draw = random.Random(7)
        (folder / task).mkdir(parents=True)
        for split, rows, hard in (("train", 96, []), ("validation", 24, HARD), ("test", 32, [])):
            made = [row(draw, None) for _ in range(rows)] + [row(draw, one) for one in hard]
            lines = [json.dumps(one, ensure_ascii=False) for one in made]
            (folder / task / f"{split}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def make_images(folder):
    """Three kinds of patterns, in sizes, formats and colour modes that differ."""
    import numpy as np
    from PIL import Image

    draw = np.random.default_rng(7)
    for split, count in (("train", 20), ("validation", 10), ("test", 8)):
        for kind in ("dark", "bright", "striped"):
            (folder / split / kind).mkdir(parents=True)
            for i in range(count):
                height, width = draw.integers(40, 121, 2)
                value = {"dark": 60, "bright": 190, "striped": 125}[kind]
                pixels = draw.normal(value, 30, (height, width, 3)) + draw.normal(0, 15, 3)
                if kind == "striped":
                    pixels += 100 * np.sin(np.arange(width) / 3)[None, :, None]
                image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
                file = folder / split / kind / str(i)
                match i % 5:
                    case 0:
                        image.save(file.with_suffix(".png"))
                    case 1:
                        image.save(file.with_suffix(".jpg"), quality=85)
                    case 2:
                        turned = Image.Exif()
                        turned[0x0112] = 6
                        image.save(file.with_suffix(".jpeg"), quality=95, exif=turned, subsampling=0)
                    case 3:
                        image.convert("L" if i % 2 else "RGBA").save(file.with_suffix(".png"))
                    case _:
                        image.convert("P").save(file.with_suffix(".png"))


# Tokenizers as the families have them.


def word_pieces(texts, lowercase):
    import tokenizers as t

    tok = t.Tokenizer(t.models.WordPiece(unk_token="[UNK]"))
    tok.normalizer = t.normalizers.BertNormalizer(lowercase=lowercase)
    tok.pre_tokenizer = t.pre_tokenizers.BertPreTokenizer()
    tok.train_from_iterator(texts, t.trainers.WordPieceTrainer(vocab_size=400, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
    tok.post_processor = t.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tok.decoder = t.decoders.WordPiece()
    return tok


def byte_pairs(texts, specials):
    import tokenizers as t

    tok = t.Tokenizer(t.models.BPE())
    tok.pre_tokenizer = t.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.decoder = t.decoders.ByteLevel()
    tok.train_from_iterator(
        texts, t.trainers.BpeTrainer(vocab_size=500, special_tokens=specials, initial_alphabet=t.pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    )
    return tok


def unigrams(texts):
    import tokenizers as t

    tok = t.Tokenizer(t.models.Unigram())
    tok.normalizer = t.normalizers.Sequence([t.normalizers.Nmt(), t.normalizers.NFKC(), t.normalizers.Replace(t.Regex(" {2,}"), " ")])
    tok.pre_tokenizer = t.pre_tokenizers.Sequence([t.pre_tokenizers.WhitespaceSplit(), t.pre_tokenizers.Metaspace()])
    tok.decoder = t.decoders.Metaspace()
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tok.train_from_iterator(texts, t.trainers.UnigramTrainer(vocab_size=300, special_tokens=specials, unk_token="<unk>", show_progress=False))
    tok.post_processor = roberta_template()
    return tok


def roberta_template():
    import tokenizers as t

    return t.processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])


def text_bases(texts):
    """Architecture to what makes (model, tokenizer)."""
    import tokenizers as t
    import transformers as hf

    sizes = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, initializer_range=0.1)

    def bert():
        tok = hf.BertTokenizerFast(tokenizer_object=word_pieces(texts, True), model_max_length=POSITIONS)
        return hf.BertForMaskedLM(hf.BertConfig(vocab_size=len(tok), max_position_embeddings=POSITIONS, **sizes)), tok

    def distilbert():
        tok = hf.DistilBertTokenizerFast(tokenizer_object=word_pieces(texts, False), do_lower_case=False, model_max_length=POSITIONS)
        config = hf.DistilBertConfig(
            vocab_size=len(tok), max_position_embeddings=POSITIONS, dim=32, n_layers=2, n_heads=4, hidden_dim=48, initializer_range=0.1
        )
        return hf.DistilBertForMaskedLM(config), tok

    def electra():
        tok = hf.ElectraTokenizerFast(tokenizer_object=word_pieces(texts, True), model_max_length=POSITIONS)
        return hf.ElectraForPreTraining(hf.ElectraConfig(vocab_size=len(tok), max_position_embeddings=POSITIONS, embedding_size=24, **sizes)), tok

    def roberta():
        raw = byte_pairs(texts, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
        raw.post_processor = t.processors.RobertaProcessing(sep=("</s>", 2), cls=("<s>", 0), trim_offsets=True, add_prefix_space=False)
        tok = hf.RobertaTokenizerFast(tokenizer_object=raw, model_max_length=POSITIONS)
        config = hf.RobertaConfig(vocab_size=len(tok), max_position_embeddings=POSITIONS + 2, type_vocab_size=1, pad_token_id=1, **sizes)
        return hf.RobertaForMaskedLM(config), tok

    def xlm_roberta():
        tok = hf.XLMRobertaTokenizerFast(tokenizer_object=unigrams(texts), model_max_length=POSITIONS)
        config = hf.XLMRobertaConfig(vocab_size=len(tok), max_position_embeddings=POSITIONS + 2, type_vocab_size=1, pad_token_id=1, **sizes)
        return hf.XLMRobertaForMaskedLM(config), tok

    def modernbert():
        raw = byte_pairs(texts, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
        raw.normalizer = t.normalizers.NFC()
        raw.post_processor = t.processors.TemplateProcessing(
            single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
        tok = hf.PreTrainedTokenizerFast(
            tokenizer_object=raw, model_max_length=POSITIONS, model_input_names=["input_ids", "attention_mask"],
            pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]",
        )
        config = hf.ModernBertConfig(
            vocab_size=len(tok), max_position_embeddings=POSITIONS, local_attention=8, global_attn_every_n_layers=2, pad_token_id=0,
            bos_token_id=2, cls_token_id=2, eos_token_id=3, sep_token_id=3, **{**sizes, "num_hidden_layers": 3},
        )
        return hf.ModernBertForMaskedLM(config), tok

    return {
        "bert": bert, "distilbert": distilbert, "roberta": roberta, "xlm-roberta": xlm_roberta, "electra": electra, "modernbert": modernbert,
    }


def image_bases():
    """Architecture to what makes (model, image processor), the processors with what their families are published with, but smaller."""
    import transformers as hf

    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    imagenet = dict(image_mean=mean, image_std=std)
    return {
        "resnet": lambda: (
            hf.ResNetForImageClassification(hf.ResNetConfig(embedding_size=8, hidden_sizes=[16, 32], depths=[1, 2], layer_type="bottleneck")),
            hf.ConvNextImageProcessor(size={"shortest_edge": 48}, crop_pct=0.875, resample=3, **imagenet),
        ),
        "vit": lambda: (
            hf.ViTForImageClassification(hf.ViTConfig(
                hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, image_size=32, patch_size=8, initializer_range=0.1,
            )),
            hf.ViTImageProcessor(size={"height": 32, "width": 32}),
        ),
        "convnext": lambda: (
            hf.ConvNextForImageClassification(hf.ConvNextConfig(
                hidden_sizes=[8, 16], depths=[1, 2], num_stages=2, layer_scale_init_value=0.1, initializer_range=0.1,
            )),
            hf.ConvNextImageProcessor(size={"shortest_edge": 56}, resample=3, **imagenet),
        ),
        "mobilenet_v2": lambda: (
            hf.MobileNetV2ForImageClassification(hf.MobileNetV2Config(depth_multiplier=0.1, min_depth=8, depth_divisible_by=8, image_size=48, initializer_range=0.3)),
            hf.MobileNetV2ImageProcessor(size={"shortest_edge": 56}, crop_size={"height": 48, "width": 48}),
        ),
        "efficientnet": lambda: (
            hf.EfficientNetForImageClassification(hf.EfficientNetConfig(
                width_coefficient=0.1, depth_coefficient=0.5, depth_divisor=4, hidden_dim=128, depthwise_padding=[4], image_size=64, initializer_range=0.3,
            )),
            hf.EfficientNetImageProcessor(size={"height": 64, "width": 64}, image_mean=mean, image_std=[0.47853944, 0.4732864, 0.47434163]),
        ),
    }


def make_base(folder, made):
    import torch

    torch.manual_seed(7)
    if not folder.exists():
        model, preparation = made()
        model.save_pretrained(folder)
        preparation.save_pretrained(folder)
    return folder


def manifest(task, model, data, real):
    if task == "ImageClassification":
        format, names, suffix = "ImageFolder", "", ""
        prepared = ""
        selected = "accuracy"
    else:
        format, names, suffix = "JSONLines", f"\n    columns: {{{TEXTS[task][1]}}}", ".jsonl"
        prepared = "\n    preprocessing: {text: {unescapeHtml: true, normalizeUnicode: NFC" + (", maxLength: 40" if real else "") + "}}"
        selected = {"TextRegression": "pearson", "TokenClassification": "f1Micro", "MultiLabelTextClassification": "f1Micro"}.get(task, "accuracy")
    rate = "2e-4" if real else "3e-3"
    return f"""apiVersion: finetune.dev/v1alpha1
kind: FineTuneJob
metadata: {{name: opened}}
spec:
  task: {task}
  model: {{storageUri: "file://{model}"}}
  dataset:
    format: {format}{names}
    train: {{storageUri: "file://{data}/train{suffix}"}}
    validation: {{storageUri: "file://{data}/validation{suffix}"}}
    test: {{storageUri: "file://{data}/test{suffix}"}}{prepared}
    checks: {{minExamplesPerClass: 1, duplicates: Ignore, leakage: Ignore, nearDuplicates: Ignore}}
  training:
    selectBy: {selected}
    hyperparameters: {{epochs: {4 if real else 10}, batchSize: 8, learningRate: "{rate}", seed: 1}}
  evaluation:
    primaryMetric: {selected}
    baselines: [MajorityClass]
  output: {{modelName: opened}}
"""


def published(work, name, task, model, data):
    """The folder of a new artefact."""
    folder = work / name / task
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "job.yaml").write_text(manifest(task, model, data, name == "minilm"))
    command = [FINETUNE, "run", folder / "job.yaml", "--workspace", folder / "workspace", "--output", folder / "store"]
    with open(folder / "log", "w") as log:
        ended = subprocess.run(command, stdout=log, stderr=log).returncode
    made = list((folder / "store").glob("opened/*/manifest.json"))
    if len(made) != 1:
        sys.exit(f"{name}/{task}: finetune run ended with {ended} and published {len(made)} models; see {folder / 'log'}")
    return made[0].parent


def processors_apart(base, artifact, images):
    """How far what the model takes is apart between the base's image processor and the artefact's, at most."""
    import numpy as np
    import transformers as hf
    from transformers.image_utils import load_image

    ours, theirs = [hf.AutoImageProcessor.from_pretrained(folder) for folder in (artifact, base)]
    pictures = [load_image(str(file)) for file in sorted(images.rglob("*.*"))]
    each = [[p(images=i, return_tensors="np")["pixel_values"] for p in (ours, theirs)] for i in pictures]
    return float(max(abs(a - b).max() if a.shape == b.shape else np.inf for a, b in each))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[""])
    parser.add_argument("--minilm", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, default=environment.WORK / "opened")
    args = parser.parse_args()
    environment.enter()
    import transformers

    transformers.logging.set_verbosity_error()
    work = args.work.resolve()
    data = work / "data"
    if not data.exists():
        part = work / "data.part"
        shutil.rmtree(part, ignore_errors=True)
        make_texts(part)
        make_images(part / "ImageClassification")
        part.rename(data)
    texts = [sentence(random.Random(i), *NAMES, *PLACES, *sum(TOPICS.values(), [])) for i in range(400)] + HARD
    bases = {name: (made, list(TEXTS)) for name, made in text_bases(texts).items()}
    bases |= {name: (made, ["ImageClassification"]) for name, made in image_bases().items()}
    if args.minilm:
        bases["minilm"] = (None, list(TEXTS))
    results, good = {}, True
    for name, (made, tasks) in bases.items():
        for task in tasks:
            if not any(part in f"{name}/{task}" for part in args.only):
                continue
            base = make_base(work / name / "base", made) if made else args.minilm.resolve()
            artifact = published(work, name, task, base, data / task)
            found = open_artifact.check(artifact)
            if task == "ImageClassification":
                found["processors"] = processors_apart(base, artifact, data / task / "validation")
                if not found["processors"] <= 1e-6:
                    found["wrong"].append(f"image processors of base and artefact: {found['processors']:.2g} apart")
            print(json.dumps({"base": name, "task": task, **found}), flush=True)
            results[name, task] = found
            good &= not found["wrong"]
    columns = [task for task in [*TEXTS, "ImageClassification"] if any(task == t for _, t in results)]
    print("\n| | " + " | ".join(columns) + " |\n" + "| --- " * (len(columns) + 1) + "|")
    for name in bases:
        row = [results.get((name, task)) for task in columns]
        if any(row):
            cells = ["" if r is None else ("differs " if r["wrong"] else "") + f"{max(r['alone'], r['padded']):.1g} ({r['requests']})" for r in row]
            print(f"| {name} | " + " | ".join(cells) + " |")
    sys.exit(not good)


if __name__ == "__main__":
    main()
