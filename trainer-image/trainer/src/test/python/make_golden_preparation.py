"""Makes the golden reference of ConvNeXt's preparation (src/test/resources/golden/preparation) with transformers' image processor.

usage: make_golden_preparation.py OUT_DIR          needs transformers<5, pillow, numpy
published.json : what the file of the published weights for 224 pixels asks for, without which a folder is prepared in the same way here.
defaults.json : what a file asks for that names the processor and nothing else.
The source has 300 x 200 pixels, at row y, column x, channel c the byte (x * x + 3 * y * y + 5 * x * y * (c + 1) + 11 * c) & 255. Of the result,
[3, edge, edge], every 31st value of each dimension is kept.
"""
import json
import pathlib
import sys

import numpy as np
from PIL import Image
from transformers import ConvNextImageProcessor

OUT = pathlib.Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
y, x, c = np.meshgrid(np.arange(200), np.arange(300), np.arange(3), indexing="ij")
picture = Image.fromarray(((x * x + 3 * y * y + 5 * x * y * (c + 1) + 11 * c) & 255).astype(np.uint8))
PUBLISHED = {"size": {"shortest_edge": 224}, "crop_pct": 0.875, "resample": 3, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}

for name, asked in (("published", PUBLISHED), ("defaults", {})):
    values = ConvNextImageProcessor(**asked)(picture, return_tensors="np")["pixel_values"][0]
    (OUT / f"{name}.json").write_text(json.dumps({"edge": values.shape[1], "values": [float(f"{v:.7g}") for v in values[:, ::31, ::31].ravel()]}) + "\n")
