"""Makes the golden references of the image architectures (src/test/resources/golden/images): tiny seeded models and what transformers
and PyTorch compute with them.

usage: make_golden_images.py OUT_DIR          needs torch==2.7.1, transformers<5, safetensors
Each folder is a model as save_pretrained writes it plus golden.json: the size of the input, whose value i is sin(i) in row-major order
of [4, 3, size, size], the logits, and runs of 6 SGD steps (momentum 0.9, peak 5e-2, 2 steps of warm-up, weight decay 0.05 where there are
two dimensions or more, norm clipped to 1): with batch norms on their running statistics, and, where there are any, 2 steps on those of the batch
(whose rounding grows too fast in nets this small to compare more).
"""
import json
import math
import pathlib
import sys

import torch
import transformers as t
from torch.nn.functional import cross_entropy

OUT = pathlib.Path(sys.argv[1])
STEPS, WARMUP, PEAK = 6, 2, 5e-2
TARGETS = torch.tensor([2, 0, 1, 2])


def pixels(size):
    return torch.tensor([math.sin(i) for i in range(4 * 3 * size * size)], dtype=torch.float32).reshape(4, 3, size, size)


def rate(step):
    return PEAK * (step + 1) / WARMUP if step < WARMUP else PEAK * (STEPS - step) / (STEPS - WARMUP)


def run(start, x, batch_statistics):
    model = type(start)(start.config)
    model.load_state_dict(start.state_dict())
    model.eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.train(batch_statistics)
    weights = list(model.parameters())
    opt = torch.optim.SGD([{"params": [p for p in weights if p.ndim > 1], "weight_decay": 0.05},
                           {"params": [p for p in weights if p.ndim < 2], "weight_decay": 0.0}], lr=PEAK, momentum=0.9)
    losses, norms = [], []
    for step in range(2 if batch_statistics else STEPS):
        for group in opt.param_groups:
            group["lr"] = rate(step)
        loss = cross_entropy(model(pixel_values=x).logits, TARGETS)
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(weights, 1.0)))
        losses.append(float(loss.detach()))
        opt.step()
        opt.zero_grad()
    norm = lambda v: float(v.detach().double().norm())
    return {"batchStatistics": batch_statistics, "learningRates": [rate(s) for s in range(STEPS)], "losses": losses, "gradientNorms": norms,
            "parameterNorms": {n: norm(p) for n, p in model.named_parameters()},
            "bufferNorms": {n: norm(b) for n, b in model.named_buffers() if "running_" in n}}


def make(name, model, size):
    draw = torch.Generator().manual_seed(3)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1, generator=draw)
            module.running_var.uniform_(0.5, 1.5, generator=draw)
            module.weight.data.uniform_(0.5, 1.5, generator=draw)
            module.bias.data.normal_(0, 0.1, generator=draw)
    model.eval()
    x = pixels(size)
    with torch.no_grad():
        logits = model(pixel_values=x).logits
    folder = OUT / name
    model.save_pretrained(folder, safe_serialization=True)
    norms = any(isinstance(m, torch.nn.BatchNorm2d) for m in model.modules())
    golden = {"torch": torch.__version__.split("+")[0], "transformers": t.__version__, "size": size, "targets": TARGETS.tolist(),
              "logits": [round(v, 7) for v in logits.flatten().tolist()], "runs": [run(model, x, b) for b in ([False, True] if norms else [False])]}
    (folder / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
    print(name, sum(p.numel() for p in model.parameters()), *(f"{r['losses'][0]:.4f}->{r['losses'][-1]:.4f}" for r in golden["runs"]))


torch.set_num_threads(1)
torch.manual_seed(42)
labels = dict(num_labels=3)
make("resnet-basic", t.ResNetForImageClassification(t.ResNetConfig(embedding_size=4, hidden_sizes=[4, 8], depths=[1, 2], layer_type="basic", **labels)), 20)
make("resnet-bottleneck", t.ResNetForImageClassification(t.ResNetConfig(embedding_size=4, hidden_sizes=[8, 16], depths=[2, 1], layer_type="bottleneck", downsample_in_first_stage=True, **labels)), 24)
make("vit", t.ViTForImageClassification(t.ViTConfig(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, image_size=16, patch_size=8, initializer_range=0.1, **labels)), 16)
make("convnext", t.ConvNextForImageClassification(t.ConvNextConfig(hidden_sizes=[4, 8], depths=[1, 2], num_stages=2, layer_scale_init_value=0.1, initializer_range=0.1, **labels)), 17)
make("mobilenet-v2", t.MobileNetV2ForImageClassification(t.MobileNetV2Config(depth_multiplier=0.1, min_depth=4, depth_divisible_by=4, finegrained_output=False, expand_ratio=2.0, output_stride=16, initializer_range=0.3, **labels)), 49)
make("efficientnet", t.EfficientNetForImageClassification(t.EfficientNetConfig(width_coefficient=0.1, depth_coefficient=0.5, depth_divisor=4, hidden_dim=128, depthwise_padding=[4], initializer_range=0.3, **labels)), 64)
