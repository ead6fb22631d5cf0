"""Makes the golden references of decoding and resizing (src/test/resources/golden/pixels) with Pillow.

usage: make_golden_pixels.py OUT_DIR          needs pillow, numpy
files/ : one small picture in every form that is read, each with the RGB bytes that Pillow makes of it (NAME.rgb), and broken ones.
resize.json : checksums (SHA-256, first 8 bytes) of resized pictures. The source of width w and height h has at row y, column x, channel c
the byte (x * x + 3 * y * y + 5 * x * y * (c + 1) + 11 * c) & 255, so that nothing but formulas is stored.
colours.json : checksums of what Pillow's enhancers make of a source of 37 x 23, its bytes divided by 3 plus 40.
"""
import hashlib
import json
import pathlib
import sys

import numpy as np
from PIL import Image, ImageEnhance, ImageOps
import PIL

OUT = pathlib.Path(sys.argv[1])
FILES = OUT / "files"
FILES.mkdir(parents=True, exist_ok=True)
FILTERS = {"Nearest": 0, "Lanczos": 1, "Bilinear": 2, "Bicubic": 3, "Box": 4, "Hamming": 5}


def formula(width, height):
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return ((x * x + 3 * y * y + 5 * x * y * (c + 1) + 11 * c) & 255).astype(np.uint8)


def smooth(width, height):
    y, x = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    r = 127 + 120 * np.sin(x / 5.0)
    g = 127 + 120 * np.cos(y / 4.0 + x / 9.0)
    b = 255.0 * x / width
    return np.stack([r, g, b], axis=2).round().astype(np.uint8)


def resized():
    cases = []
    for source, target in (((37, 23), (16, 16)), ((37, 23), (80, 61)), ((64, 48), (32, 48)), ((64, 48), (64, 20)), ((5, 4), (1, 1)),
                           ((1, 1), (7, 5)), ((300, 200), (224, 149)), ((101, 7), (13, 13)), ((128, 175), (112, 112)),
                           ((128, 144), (112, 112)), ((64, 64), (63, 32)), ((50, 50), (75, 20)), ((50, 50), (75, 90))):
        image = Image.fromarray(formula(*source))
        for name, number in FILTERS.items():
            out = image.resize(target, number)
            cases.append({"source": source, "box": None, "target": target, "filter": name, "sha": hashlib.sha256(out.tobytes()).hexdigest()[:16]})
    image = Image.fromarray(formula(64, 48))
    for box, target in (((3, 2, 60, 40), (20, 30)), ((10.5, 3.25, 40.75, 47.5), (20, 30)), ((10.5, 3.25, 40.75, 47.5), (60, 20))):
        for name, number in FILTERS.items():
            out = image.resize(target, number, box=box)
            cases.append({"source": (64, 48), "box": box, "target": target, "filter": name, "sha": hashlib.sha256(out.tobytes()).hexdigest()[:16]})
    (OUT / "resize.json").write_text(json.dumps({"pillow": PIL.__version__, "cases": cases}, indent=0) + "\n")


def hue(image, share):
    h, s, v = image.convert("HSV").split()
    turned = (np.array(h).astype(np.int32) + int(share * 255)).astype(np.uint8)
    return Image.merge("HSV", (Image.fromarray(turned), s, v)).convert("RGB")


def coloured():
    dull = Image.fromarray((formula(37, 23) // 3 + 40).astype(np.uint8))
    changes = {}
    for factor in (0.4, 1.7):
        for name, kind in (("brightness", ImageEnhance.Brightness), ("contrast", ImageEnhance.Contrast), ("saturation", ImageEnhance.Color), ("sharpness", ImageEnhance.Sharpness)):
            changes[f"{name} {factor}"] = kind(dull).enhance(factor)
    changes |= {"hue 0.2": hue(dull, 0.2), "hue -0.3": hue(dull, -0.3), "posterised 4": ImageOps.posterize(dull, 4), "solarised 100": ImageOps.solarize(dull, 100),
                "stretched 0": ImageOps.autocontrast(dull), "equalised 0": ImageOps.equalize(dull)}
    (OUT / "colours.json").write_text(json.dumps({n: hashlib.sha256(c.tobytes()).hexdigest()[:16] for n, c in changes.items()}, indent=0) + "\n")


def keep(name, rgb=None):
    """Writes what Pillow makes of a file, turned as EXIF says."""
    if rgb is None:
        with Image.open(FILES / name) as image:
            rgb = ImageOps.exif_transpose(image).convert("RGB")
    width, height = rgb.size
    (FILES / (name + ".rgb")).write_bytes(width.to_bytes(2, "big") + height.to_bytes(2, "big") + rgb.tobytes())


def save(name, image, rgb=None, **options):
    image.save(FILES / name, **options)
    keep(name, rgb)


def orientation(number):
    exif = Image.Exif()
    exif[0x0112] = number
    return exif


resized()
coloured()
picture = Image.fromarray(smooth(39, 26))
noise = Image.fromarray(formula(21, 13))
save("baseline.jpg", picture, quality=90)
save("no-subsampling.jpg", picture, quality=95, subsampling=0)
save("progressive.jpg", picture, quality=85, progressive=True)
save("grey.jpg", picture.convert("L"))
save("cmyk.jpg", picture.convert("CMYK"))
save("rgb.jpg", picture, quality=95, keep_rgb=True)
save("restarts.jpg", picture, quality=80, restart_marker_rows=1)
for number in range(1, 9):
    save(f"orientation-{number}.jpg", picture, quality=90, exif=orientation(number))
save("rgb.png", noise)
save("palette.png", picture.quantize(16))
save("palette-256.png", picture.quantize(200))
save("alpha.png", Image.merge("RGBA", (*noise.split(), noise.split()[0])))
save("grey.png", noise.convert("L"))
save("grey-alpha.png", Image.merge("LA", (noise.convert("L"), noise.split()[1])))
save("one-bit.png", noise.convert("1"))
deep = (np.arange(21 * 13, dtype=np.uint32).reshape(13, 21) * 241 % 65536).astype(np.uint16)
save("grey-16.png", Image.fromarray(deep), Image.fromarray((deep >> 8).astype(np.uint8)).convert("RGB"))
save("palette.gif", picture.quantize(32))
save("frames.gif", picture.quantize(32), save_all=True, append_images=[noise.resize((39, 26)).quantize(8)])
save("interlaced.gif", picture.quantize(64), interlace=1)
save("lossless.webp", picture, lossless=True)
save("lossy.webp", picture, quality=90)
save("alpha.webp", Image.merge("RGBA", (*picture.split(), picture.split()[0])), quality=90)
save("rgb.bmp", noise)
save("grey.bmp", noise.convert("L"))
save("one-bit.bmp", noise.convert("1"))
save("palette.bmp", picture.quantize(16))

whole = (FILES / "baseline.jpg").read_bytes()
(FILES / "bad-empty.jpg").write_bytes(b"")
(FILES / "bad-text.jpg").write_bytes(b"not an image\n")
(FILES / "bad-half.jpg").write_bytes(whole[:len(whole) * 2 // 3])
(FILES / "bad-half-progressive.jpg").write_bytes((FILES / "progressive.jpg").read_bytes()[:-200])
(FILES / "bad-half.png").write_bytes((FILES / "rgb.png").read_bytes()[:300])
(FILES / "bad-half.gif").write_bytes((FILES / "palette.gif").read_bytes()[:400])
(FILES / "bad-half.webp").write_bytes((FILES / "lossless.webp").read_bytes()[:100])
(FILES / "bad-half.bmp").write_bytes((FILES / "rgb.bmp").read_bytes()[:300])
huge = bytearray((FILES / "rgb.png").read_bytes()[:33])
huge[16:24] = (60000).to_bytes(4, "big") * 2
import zlib
huge[29:33] = zlib.crc32(bytes(huge[12:29])).to_bytes(4, "big")
(FILES / "bad-huge.png").write_bytes(bytes(huge))
wrong = bytearray((FILES / "rgb.png").read_bytes())
wrong[60] ^= 0x55
(FILES / "bad-checksum.png").write_bytes(bytes(wrong))
print(PIL.__version__, len(list(FILES.iterdir())), "files")
