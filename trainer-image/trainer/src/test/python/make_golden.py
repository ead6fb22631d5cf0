"""Makes the golden references of src/test/resources/golden: tiny seeded models and what transformers and PyTorch compute with them.

usage: make_golden.py OUT_DIR          needs torch==2.7.1, transformers<5, safetensors, tokenizers
Each folder is a model as save_pretrained writes it plus golden.json: the inputs, the last hidden states, the logits, and runs of
12 optimizer steps on one batch without dropout: learning rate of every step (3 steps of linear warm-up, then linear decay to 0),
loss, gradient norm before it is clipped to 1, and the norm of every parameter afterwards. bert also gets a tokenizer that knows
letters, with truncation and padding of its own, the ids of some texts without either, and for pairs of texts, whole and cut to 12
tokens, the ids, the segments and the logits. ELECTRA and ModernBERT have weights so large that attention looks somewhere, and no norm or
bias at its neutral value, so that nothing left out goes unnoticed; the second half of ELECTRA's texts is a second segment.
"""
import json
import pathlib
import string
import sys

import tokenizers
import torch
import transformers
from torch.nn.functional import cross_entropy

OUT = pathlib.Path(sys.argv[1])
STEPS, WARMUP, PEAK = 12, 3, 2e-3
LENGTHS = (11, 4, 8, 6)
TARGETS = torch.tensor([2, 0, 1, 2])
SIZES = dict(vocab_size=64, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
             max_position_embeddings=24, num_labels=3)


def batch(pad, vocab):
    draw = torch.Generator().manual_seed(7)
    ids = torch.randint(4, vocab, (len(LENGTHS), max(LENGTHS)), generator=draw)
    mask = (torch.arange(max(LENGTHS))[None, :] < torch.tensor(LENGTHS)[:, None]).long()
    return {"input_ids": ids * mask + pad * (1 - mask), "attention_mask": mask}


def groups(model, decay):
    return [{"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": decay},
            {"params": [p for p in model.parameters() if p.ndim < 2], "weight_decay": 0.0}]


OPTIMIZERS = {
    "AdamW": lambda g: torch.optim.AdamW(g, lr=PEAK),
    "Adam": lambda g: torch.optim.Adam(g, lr=PEAK),
    "SGD": lambda g: torch.optim.SGD(g, lr=PEAK, momentum=0.9),
}


def run(start, inputs, optimizer, decay, smoothing=0.0, weights=None, head_only=False):
    """12 steps from a copy of the model; with class weights the loss is divided by the targets' weights, as PyTorch's mean is."""
    model = type(start)(start.config)
    model.load_state_dict(start.state_dict())
    model.eval()
    if head_only:
        for p in model.base_model.parameters():
            p.requires_grad = False
    opt = OPTIMIZERS[optimizer](groups(model, decay))
    weight = None if weights is None else torch.tensor(weights)
    losses, norms, rates = [], [], []
    for step in range(STEPS):
        rate = PEAK * (step + 1) / WARMUP if step < WARMUP else PEAK * (STEPS - step) / (STEPS - WARMUP)
        for g in opt.param_groups:
            g["lr"] = rate
        loss = cross_entropy(model(**inputs).logits, TARGETS, weight=weight, label_smoothing=smoothing)
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)))
        losses.append(float(loss.detach()))
        rates.append(rate)
        opt.step()
        opt.zero_grad()
    return {"optimizer": optimizer, "weightDecay": decay, "labelSmoothing": smoothing, "classWeights": weights, "headOnly": head_only,
            "learningRates": rates, "losses": losses, "gradientNorms": norms,
            "parameterNorms": {n: float(p.detach().double().norm()) for n, p in model.named_parameters()}}


def stirred(model):
    """The model with every parameter moved, norms and biases too; more would make the noise in the keys' biases, which change nothing, visible."""
    draw = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(torch.randn(p.shape, generator=draw) * 0.1)
    return model


def make(name, model, pad, runs, segments=False):
    model.eval()
    inputs = batch(pad, model.config.vocab_size)
    if segments:
        lengths = torch.tensor(LENGTHS)[:, None]
        order = torch.arange(max(LENGTHS))[None, :]
        inputs["token_type_ids"] = ((order >= lengths // 2) & (order < lengths)).long()
    with torch.no_grad():
        hidden = model.base_model(**inputs).last_hidden_state
        logits = model(**inputs).logits
    folder = OUT / name
    model.save_pretrained(folder, safe_serialization=True)
    flat = lambda t: [round(v, 7) for v in t.flatten().tolist()]
    golden = {"torch": torch.__version__.split("+")[0], "transformers": transformers.__version__,
              "rows": len(LENGTHS), "length": max(LENGTHS), "padId": pad,
              "ids": inputs["input_ids"].flatten().tolist(), "mask": inputs["attention_mask"].flatten().tolist(),
              **({"types": inputs["token_type_ids"].flatten().tolist()} if segments else {}),
              "targets": TARGETS.tolist(), "hidden": flat(hidden), "logits": flat(logits),
              "runs": [run(model, inputs, **r) for r in runs]}
    (folder / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
    print(name, sum(p.numel() for p in model.parameters()), "parameters", *(f"{r['optimizer']} {r['losses'][0]:.3f}->{r['losses'][-1]:.3f}" for r in golden["runs"]))


def add_tokenizer(folder, model):
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *string.ascii_lowercase, *("##" + c for c in string.ascii_lowercase), "free", "hello", "!", "?", ".", "win"]
    tok = tokenizers.Tokenizer(tokenizers.models.WordPiece({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    tok.normalizer = tokenizers.normalizers.BertNormalizer()
    tok.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tok.post_processor = tokenizers.processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    texts = ["hello", "Free! win win?", "", "abc xyz \u00fc 7", "hello " * 30]
    ids = [tok.encode(t).ids for t in texts]
    pairs = [("hello", "win"), ("Free! win win?", "abc"), ("", "hello hello"), ("hello " * 9, "free win"), ("free", "abc " * 9), ("hello " * 9, "abc " * 9)]
    whole = [tok.encode(a, b) for a, b in pairs]
    tok.enable_truncation(12, strategy="longest_first")
    cut = [tok.encode(a, b) for a, b in pairs]
    with torch.no_grad():
        logits = [model(input_ids=torch.tensor([e.ids]), token_type_ids=torch.tensor([e.type_ids])).logits[0].tolist() for e in cut]
    (folder / "pairs.json").write_text(json.dumps([{"text": a, "textPair": b, "ids": w.ids, "types": w.type_ids, "cutIds": c.ids, "cutTypes": c.type_ids, "logits": l}
                                                   for (a, b), w, c, l in zip(pairs, whole, cut, logits)]) + "\n")
    tok.enable_truncation(8)
    tok.enable_padding(length=8)
    tok.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 20, "pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}, indent=1) + "\n")
    (folder / "tokens.json").write_text(json.dumps([{"text": t, "ids": i} for t, i in zip(texts, ids)]) + "\n")


torch.set_num_threads(1)
torch.manual_seed(42)
adamw = dict(optimizer="AdamW", decay=0.05)
bert = transformers.BertForSequenceClassification(transformers.BertConfig(**SIZES, pad_token_id=0))
make("bert", bert, 0,
     [adamw, dict(optimizer="Adam", decay=0.05), dict(optimizer="SGD", decay=0.05), dict(adamw, smoothing=0.1),
      dict(adamw, weights=[0.5, 1.0, 3.0], smoothing=0.1)])
add_tokenizer(OUT / "bert", bert)
make("distilbert", transformers.DistilBertForSequenceClassification(transformers.DistilBertConfig(
    vocab_size=64, dim=16, n_layers=2, n_heads=2, hidden_dim=24, max_position_embeddings=24, pad_token_id=0, num_labels=3)), 0,
     [adamw, dict(adamw, smoothing=0.1), dict(adamw, head_only=True)])
make("roberta", transformers.RobertaForSequenceClassification(transformers.RobertaConfig(
    **SIZES, type_vocab_size=1, pad_token_id=1, hidden_act="gelu_new", layer_norm_eps=1e-5)), 1,
     [adamw, dict(adamw, weights=[0.5, 1.0, 3.0]), dict(adamw, head_only=True)])


def make_regression(folder, model):
    """One output and numbers as targets: 12 AdamW steps on the squared error, as transformers computes it for problem_type regression."""
    model.eval()
    inputs, targets = batch(0, model.config.vocab_size), torch.tensor([0.5, -1.25, 3.0, 2.0])
    with torch.no_grad():
        outputs = model(**inputs).logits.flatten().tolist()
    model.save_pretrained(folder, safe_serialization=True)
    opt = torch.optim.AdamW(groups(model, 0.05), lr=PEAK)
    losses, norms = [], []
    for _ in range(STEPS):
        loss = model(**inputs, labels=targets).loss
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)))
        losses.append(float(loss.detach()))
        opt.step()
        opt.zero_grad()
    (folder / "golden.json").write_text(json.dumps({"rows": len(LENGTHS), "length": max(LENGTHS), "ids": inputs["input_ids"].flatten().tolist(),
        "mask": inputs["attention_mask"].flatten().tolist(), "targets": targets.tolist(), "outputs": outputs, "learningRate": PEAK, "weightDecay": 0.05,
        "losses": losses, "gradientNorms": norms}, indent=1) + "\n")
    print(folder.name, f"{losses[0]:.3f}->{losses[-1]:.3f}")


torch.manual_seed(43)
NUMBER = {**SIZES, "num_labels": 1, "pad_token_id": 0, "problem_type": "regression"}
make_regression(OUT / "bert-regression", transformers.BertForSequenceClassification(transformers.BertConfig(**NUMBER)))

torch.manual_seed(44)
electra = lambda **more: stirred(transformers.ElectraForSequenceClassification(transformers.ElectraConfig(**{**SIZES, "pad_token_id": 0, **more})))
make("electra", electra(embedding_size=10), 0, [adamw, dict(adamw, smoothing=0.1), dict(adamw, head_only=True)], segments=True)
make("electra-wide", electra(embedding_size=16, num_hidden_layers=1, hidden_act="gelu_new", pad_token_id=2), 2, [adamw], segments=True)
make_regression(OUT / "electra-regression", electra(**{**NUMBER, "num_hidden_layers": 1}, embedding_size=10))

torch.manual_seed(45)
IDS = dict(pad_token_id=0, bos_token_id=2, cls_token_id=2, eos_token_id=3, sep_token_id=3, reference_compile=False)
modern = lambda **more: stirred(transformers.ModernBertForSequenceClassification(transformers.ModernBertConfig(**{**SIZES, **IDS, **more})))
make("modernbert", modern(num_hidden_layers=4, global_attn_every_n_layers=3, local_attention=4, global_rope_theta=1000.0, local_rope_theta=10.0), 0,
     [adamw, dict(adamw, smoothing=0.1), dict(adamw, head_only=True)])
make("modernbert-mean", modern(num_hidden_layers=3, global_attn_every_n_layers=2, local_attention=7, local_rope_theta=None, pad_token_id=1, norm_bias=True,
                               attention_bias=True, mlp_bias=True, classifier_bias=True, classifier_pooling="mean", classifier_activation="relu",
                               hidden_activation="gelu_pytorch_tanh"), 1, [adamw, dict(adamw, head_only=True)])
make_regression(OUT / "modernbert-regression", modern(**{**NUMBER, "num_hidden_layers": 2}, local_attention=4))


def make_multi_label(folder, model):
    """Any number of three labels for each text: the regression's 12 steps on the loss of problem_type multi_label_classification."""
    model.eval()
    inputs, targets = batch(0, model.config.vocab_size), torch.tensor([[1.0, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 1]])
    with torch.no_grad():
        logits = model(**inputs).logits
    model.save_pretrained(folder, safe_serialization=True)
    opt = torch.optim.AdamW(groups(model, 0.05), lr=PEAK)
    losses, norms = [], []
    for _ in range(STEPS):
        loss = model(**inputs, labels=targets).loss
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)))
        losses.append(float(loss.detach()))
        opt.step()
        opt.zero_grad()
    (folder / "golden.json").write_text(json.dumps({"rows": len(LENGTHS), "length": max(LENGTHS), "ids": inputs["input_ids"].flatten().tolist(),
        "mask": inputs["attention_mask"].flatten().tolist(), "targets": targets.flatten().tolist(), "logits": logits.flatten().tolist(),
        "probabilities": logits.double().sigmoid().flatten().tolist(), "learningRate": PEAK, "weightDecay": 0.05, "losses": losses,
        "gradientNorms": norms}, indent=1) + "\n")
    print(folder.name, f"{losses[0]:.3f}->{losses[-1]:.3f}")


torch.manual_seed(46)
make_multi_label(OUT / "bert-multi-label", transformers.BertForSequenceClassification(transformers.BertConfig(
    **{**SIZES, "num_hidden_layers": 1}, pad_token_id=0, problem_type="multi_label_classification")))


def make_tokens(name, model):
    """A tag at some tokens of each text and -100 at the others: 12 steps on the loss of ...ForTokenClassification, the mean over the tokens that have one."""
    model.eval()
    pad = model.config.pad_token_id
    inputs = batch(pad, model.config.vocab_size)
    labels = torch.full(inputs["input_ids"].shape, -100)
    for row, length in enumerate(LENGTHS):
        for place in range(1, length - 1, 1 + row % 2):
            labels[row, place] = (3 * row + place) % 3
    with torch.no_grad():
        logits = model(**inputs).logits[labels != -100]
    folder = OUT / name
    model.save_pretrained(folder, safe_serialization=True)
    opt = torch.optim.AdamW(groups(model, 0.05), lr=PEAK)
    losses, norms = [], []
    for _ in range(STEPS):
        loss = model(**inputs, labels=labels).loss
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)))
        losses.append(float(loss.detach()))
        opt.step()
        opt.zero_grad()
    (folder / "golden.json").write_text(json.dumps({"rows": len(LENGTHS), "length": max(LENGTHS), "ids": inputs["input_ids"].flatten().tolist(),
        "mask": inputs["attention_mask"].flatten().tolist(), "words": (labels.flatten() != -100).nonzero().flatten().tolist(),
        "targets": labels[labels != -100].tolist(), "logits": logits.flatten().tolist(), "learningRate": PEAK, "weightDecay": 0.05, "losses": losses,
        "gradientNorms": norms, "parameters": [n for n, _ in model.named_parameters()]}, indent=1) + "\n")
    print(name, f"{losses[0]:.3f}->{losses[-1]:.3f}")


def add_words(folder, tokenizer):
    """Texts that are cut into words, and what becomes of them: ids, and for each word its first token, -1 where it was cut off at 12 or vanished."""
    texts = [["hello"], ["Free", "!", "win", "abc"], ["win"] * 4 + ["xyz"] * 9, ["\u200d", "free"], ["[SEP]", "win"], ["hello"] * 10 + ["abcdef"]]
    tok = tokenizers.Tokenizer.from_file(str(tokenizer))
    tok.no_padding()
    tok.enable_truncation(12)
    coded = [tok.encode(t, is_pretokenized=True) for t in texts]
    first = lambda e, n: [e.word_ids.index(w) if w in e.word_ids else -1 for w in range(n)]
    (folder / "words.json").write_text(json.dumps([{"words": t, "ids": e.ids, "first": first(e, len(t))} for t, e in zip(texts, coded)]) + "\n")


torch.manual_seed(47)
TAGS = {0: "B-X", 1: "I-X", 2: "O"}
NAMED = dict(id2label=TAGS, label2id={t: i for i, t in TAGS.items()})
SMALL = {**{k: v for k, v in SIZES.items() if k != "num_labels"}, "num_hidden_layers": 1, **NAMED}
make_tokens("bert-tokens", stirred(transformers.BertForTokenClassification(transformers.BertConfig(**SMALL, pad_token_id=0))))
make_tokens("distilbert-tokens", stirred(transformers.DistilBertForTokenClassification(transformers.DistilBertConfig(
    vocab_size=64, dim=16, n_layers=1, n_heads=2, hidden_dim=24, max_position_embeddings=24, pad_token_id=0, **NAMED))))
make_tokens("roberta-tokens", stirred(transformers.RobertaForTokenClassification(transformers.RobertaConfig(**SMALL, type_vocab_size=1, pad_token_id=1))))
make_tokens("electra-tokens", stirred(transformers.ElectraForTokenClassification(transformers.ElectraConfig(**SMALL, pad_token_id=0, embedding_size=10))))
make_tokens("modernbert-tokens", stirred(transformers.ModernBertForTokenClassification(transformers.ModernBertConfig(
    **{**SMALL, **IDS, "num_hidden_layers": 2}, local_attention=4, global_attn_every_n_layers=2))))
add_words(OUT / "bert-tokens", OUT / "bert" / "tokenizer.json")
