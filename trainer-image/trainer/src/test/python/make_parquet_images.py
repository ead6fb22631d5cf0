"""Writes the Parquet files with images inside of ParquetImagesTest, as Python's `datasets` writes them and as others do. Needs datasets, Pillow and pyarrow.

    python3 make_parquet_images.py ../resources/parquet
"""

import io
import pathlib
import random
import sys

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Dataset, Features, Image, Value
from PIL import Image as Picture

target = pathlib.Path(sys.argv[1])
target.mkdir(parents=True, exist_ok=True)

COLOURS = {"blue": (30, 40, 230), "green": (20, 200, 40), "red": (230, 30, 20)}
NAMES = list(COLOURS)
OF_EACH = 12


def picture(colour, seed):
    """A block of the colour somewhere before grey squares: no two look alike."""
    draw = random.Random(f"{colour} {seed}")
    image = Picture.new("RGB", (20, 20))
    for y in range(0, 20, 5):
        for x in range(0, 20, 5):
            image.paste((draw.randrange(40, 200),) * 3, (x, y, x + 5, y + 5))
    left, top = draw.randrange(12), draw.randrange(12)
    image.paste(COLOURS[colour], (left, top, left + 8, top + 8))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


colours = [NAMES[i % 3] for i in range(3 * OF_EACH)]
files = [picture(colour, i) for i, colour in enumerate(colours)]
labels = [NAMES.index(colour) for colour in colours]

# The layout of the Hub: {bytes, path} and class numbers whose names stand in the file's metadata, in row groups of ten.
features = Features({"image": Image(), "label": ClassLabel(names=NAMES), "source": Value("string")})
rows = {
    "image": [{"bytes": file, "path": f"{i}.png"} for i, file in enumerate(files)],
    "label": labels,
    "source": ["camera"] * len(files),
}
Dataset.from_dict(rows, features).to_parquet(target / "images.parquet", batch_size=10)

# Each row is wrong in its own way, but for the first three; a missing label is -1 or null there.
messy = {
    "image": [{"bytes": files[i], "path": None} for i in range(3)]
    + [
        None,
        {"bytes": None, "path": "elsewhere/3.png"},
        {"bytes": b"", "path": None},
        {"bytes": files[4][:-40], "path": "cut.png"},
        {"bytes": b"no image", "path": None},
        {"bytes": files[5], "path": None},
        {"bytes": files[6], "path": None},
        {"bytes": files[0], "path": "again.png"},
    ],
    "label": labels[:3] + [0, 0, 0, 1, 1, -1, None, 0],
}
features = Features({"image": Image(), "label": ClassLabel(names=NAMES)})
# to_parquet would look for the file that is elsewhere.
pq.write_table(Dataset.from_dict(messy, features).data.table, target / "images-messy.parquet")

# Bytes alone and names of classes, as pandas writes them.
table = pa.table({"png": pa.array(files, pa.binary()), "colour": colours})
pq.write_table(table, target / "images-bytes.parquet", compression="ZSTD", row_group_size=7)

# Neither bytes nor a group with bytes in it.
others = {"paths": ["a.png"], "numbers": [1], "groups": [{"content": b"x"}], "lists": [[b"x"]], "colour": ["red"]}
pq.write_table(pa.table(others), target / "images-none.parquet")
