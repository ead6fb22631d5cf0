"""Writes the Parquet files of ParquetRowsTest as the libraries that people use write them. Needs pyarrow.

    python3 make_parquet.py ../resources/parquet
"""

import json
import pathlib
import sys

import pyarrow as pa
import pyarrow.parquet as pq

target = pathlib.Path(sys.argv[1])
target.mkdir(parents=True, exist_ok=True)

ROWS = 40
texts = [f"review {i} ü 😀" for i in range(ROWS)]
labels = [i % 2 for i in range(ROWS)]
named = ["bad" if i % 2 == 0 else "good" for i in range(ROWS)]

table = pa.table({"id": list(range(ROWS)), "text": texts, "label": named, "tags": [["a", "b"]] * ROWS})
for codec in ["NONE", "SNAPPY", "GZIP", "ZSTD", "LZ4"]:
    pq.write_table(table, target / f"{codec.lower()}.parquet", compression=codec)
pq.write_table(
    table,
    target / "pages-v2.parquet",
    compression="ZSTD",
    data_page_version="2.0",
    row_group_size=15,
    use_dictionary=False,
    column_encoding={"text": "DELTA_BYTE_ARRAY"},
)

# As Python's `datasets` writes a ClassLabel: whole numbers, and the names in the file's metadata.
features = {"text": {"dtype": "string", "_type": "Value"}, "label": {"names": ["bad", "good"], "_type": "ClassLabel"}}
schema = pa.schema(
    [("text", pa.large_string()), ("label", pa.int64())],
    metadata={"huggingface": json.dumps({"info": {"features": features}})},
)
pq.write_table(pa.table({"text": texts, "label": labels}, schema=schema), target / "class-label.parquet")

pq.write_table(
    pa.table(
        {
            "text": pa.array([b"plain bytes", b"\xff\xfe", None, b"d"], pa.binary()),
            "label": pa.array([True, False, True, None], pa.bool_()),
            "stars": pa.array([1, 2, 3, 4], pa.int8()),
            "score": pa.array([0.5, 1.0, 1e20, 2.25], pa.float64()),
            "list": [["a"], ["b"], ["c"], ["d"]],
        }
    ),
    target / "types.parquet",
)

# Any number of labels for each text.
lists = pa.array([["b", "a"], [], None, ["c"]], pa.list_(pa.string()))
pq.write_table(pa.table({"text": texts[:4], "labels": lists}), target / "label-lists.parquet")
features = {"text": {"dtype": "string", "_type": "Value"},
            "labels": {"feature": {"names": ["bad", "good"], "_type": "ClassLabel"}, "_type": "List"}}
schema = pa.schema(
    [("text", pa.large_string()), ("labels", pa.list_(pa.int64()))],
    metadata={"huggingface": json.dumps({"info": {"features": features}})},
)
pq.write_table(pa.table({"text": texts[:3], "labels": [[1, 0], [1], []]}, schema=schema), target / "class-label-lists.parquet")
broken = pa.array([["a"], ["b", None], [None]], pa.list_(pa.string()))
pq.write_table(pa.table({"text": texts[:3], "labels": broken}), target / "label-lists-broken.parquet")

# Words and their tags: texts, and as `datasets` writes a list of ClassLabels; in the last row a tag is missing.
words = [["Ada", "saw", "New", "York"], ["nothing"], []]
features = {"tokens": {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"},
            "ner_tags": {"feature": {"names": ["O", "B-PER", "B-LOC", "I-LOC"], "_type": "ClassLabel"}, "_type": "List"}}
schema = pa.schema(
    [("tokens", pa.list_(pa.string())), ("ner_tags", pa.list_(pa.int64()))],
    metadata={"huggingface": json.dumps({"info": {"features": features}})},
)
pq.write_table(pa.table({"tokens": words, "ner_tags": [[1, 0, 2, 3], [0], []]}, schema=schema), target / "class-label-tags.parquet")
pq.write_table(pa.table({"tokens": words[:2], "ner_tags": [["B-PER", "O", "B-LOC", "I-LOC"], []]}), target / "tags.parquet")
