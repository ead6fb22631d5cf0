"""Converts a PyTorch checkpoint of the old format (a plain pickle, before 1.6) to safetensors, without PyTorch and without running what is in it.

usage: legacy_to_safetensors.py IN.pth OUT.safetensors
A pickle may call any function when it is read. Here only the four names that a dictionary of tensors needs are known, and anything else ends the
conversion. Values are 32-bit floats or 64-bit integers, which is what published weights are; they are copied as they are on little-endian machines.
"""
import array
import collections
import json
import pathlib
import pickle
import struct
import sys

MAGIC = 0x1950A86A20F9469CFC6C
TYPES = {"FloatStorage": ("F32", "f"), "LongStorage": ("I64", "q")}


class Weights(pickle.Unpickler):
    """Reads a tensor as where its values lie: (storage, offset, shape, stride)."""

    def __init__(self, file):
        super().__init__(file)
        self.storages = {}

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return tensor
        if module == "torch" and name in TYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a dictionary of weights")

    def persistent_load(self, identity):
        kind, storage, key, _, count, view = identity
        if kind != "storage" or view is not None:
            raise pickle.UnpicklingError(f"{identity} is no whole storage")
        self.storages[key] = (storage, count)
        return key


def tensor(storage, offset, shape, stride, requires_grad=False, hooks=None):
    return storage, offset, shape, stride


def laid_out(values, offset, shape, stride):
    """The values row by row: weights that were converted from elsewhere lie in another order."""
    places = [offset]
    for size, step in zip(shape, stride):
        places = [at + i * step for at in places for i in range(size)]
    return array.array(values.typecode, map(values.__getitem__, places))


def read(file):
    """The tensors by name, each as its type, shape and bytes."""
    if Weights(file).load() != MAGIC:
        sys.exit("this is no checkpoint of the old format; newer ones are zip files")
    Weights(file).load()  # the version of the protocol
    Weights(file).load()  # the machine that wrote it: little-endian ones only
    unpickler = Weights(file)
    tensors = unpickler.load()
    values = {}
    for key in Weights(file).load():
        storage, count = unpickler.storages[key]
        (stored,) = struct.unpack("<q", file.read(8))
        values[key] = array.array(TYPES[storage][1])
        if stored != count:
            sys.exit(f"storage {key} holds {stored} values, and {count} were expected")
        values[key].frombytes(file.read(count * values[key].itemsize))
    for name, (key, offset, shape, stride) in tensors.items():
        data = laid_out(values[key], offset, shape, stride)
        yield name, TYPES[unpickler.storages[key][0]][0], list(shape), data.tobytes()


def write(tensors, target):
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name, kind, shape, data in tensors:
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(target, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for _, _, _, data in tensors:
            out.write(data)


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as source:
        write(sorted(read(source)), pathlib.Path(sys.argv[2]))
