"""How Pillow and NumPy decode, crop, resize and recompress small images.

Writes packages/datasets/test/fixtures/images.json. Needs numpy and Pillow (made with Pillow 9.4):
    python3 tools/reference-fixtures/datasets/images.py
"""

import base64
import io
import json
import pathlib
import struct
import zlib

import numpy as np
import PIL
from PIL import Image, ImageOps

OUT = pathlib.Path(__file__).parents[3] / "packages/datasets/test/fixtures/images.json"


def text(data):
    return base64.b64encode(bytes(data)).decode()


def encoded(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def decoded(image):
    array = np.asarray(image.convert("RGB"))
    return {"width": array.shape[1], "height": array.shape[0], "rgb": text(array.tobytes())}


def png16(array):
    """A 16-bit RGB PNG, which Pillow cannot write."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, _ = array.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in array)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def picture(width, height):
    """Smooth shading with edges and fine stripes: what a resampling kernel has to deal with."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    red = 255 * (x / width)
    green = 128 + 100 * np.sin(x / 3) * np.cos(y / 5)
    blue = np.where((x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2, 220, 40)
    return np.stack([red, green, blue], axis=-1).round().clip(0, 255).astype(np.uint8)


source = picture(49, 31)
image = Image.fromarray(source)
rgba = image.copy()
rgba.putalpha(Image.fromarray(source[..., 0]))
wide = np.random.default_rng(7).integers(0, 65536, (9, 13, 3))

files = {
    "rgb png": (encoded(image, "PNG"), image, 0),
    "palette png": (encoded(image.quantize(16), "PNG"), image.quantize(16), 0),
    "grey png": (encoded(image.convert("L"), "PNG"), image.convert("L"), 0),
    "1-bit png": (encoded(image.convert("1"), "PNG"), image.convert("1"), 0),
    "rgba png, alpha dropped": (encoded(rgba, "PNG"), image, 0),
    "grey and alpha png": (encoded(rgba.convert("LA"), "PNG"), image.convert("L"), 0),
    "16-bit png, upper 8 bits": (png16(wide), Image.fromarray((wide >> 8).astype(np.uint8)), 0),
    "tiff": (encoded(image, "TIFF", compression="tiff_lzw"), image, 0),
    "lossless webp": (encoded(image, "WEBP", lossless=True), image, 0),
}
for name, options in {
    "jpeg 4:4:4": {"quality": 90, "subsampling": 0},
    "jpeg 4:2:0": {"quality": 90, "subsampling": 2},
    "progressive jpeg": {"quality": 80, "progressive": True},
}.items():
    data = encoded(image, "JPEG", **options)
    files[name] = (data, Image.open(io.BytesIO(data)), 2)
grey = encoded(image.convert("L"), "JPEG", quality=90)
files["grey jpeg"] = (grey, Image.open(io.BytesIO(grey)), 1)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(image.resize((24, 16)), "JPEG", quality=95, subsampling=0, exif=exif)
    files[f"jpeg with EXIF orientation {orientation}"] = (data, ImageOps.exif_transpose(Image.open(io.BytesIO(data))), 2)

# Cyan, magenta, yellow, black and bare paper as solid squares; Adobe's inverted polarity, as every CMYK JPEG has it.
inks = {"cyan": (255, 0, 0, 0), "magenta": (0, 255, 0, 0), "yellow": (0, 0, 255, 0), "black": (0, 0, 0, 255), "paper": (0, 0, 0, 0)}
cmyk = {name: text(encoded(Image.new("CMYK", (16, 16), ink), "JPEG", quality=95)) for name, ink in inks.items()}


def cropped(fraction):
    side = max(1, round(fraction * min(image.size)))
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


def catmull_rom(part, size):
    """Enlarges on the grid of libvips, half an output pixel off the centred one; edges repeat."""
    array = np.asarray(part).astype(np.float64)
    for axis in (0, 1):
        length = array.shape[axis]
        at = np.arange(size) * length / size - 0.5
        base = np.floor(at).astype(int)
        t = (at - base)[:, None]
        weights = 0.5 * np.concatenate(
            [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3], axis=1
        )
        matrix = np.zeros((size, length))
        for tap in range(4):
            np.add.at(matrix, (np.arange(size), (base + tap - 1).clip(0, length - 1)), weights[:, tap])
        array = np.moveaxis(np.tensordot(matrix, array, (1, axis)), 0, axis)
    return array.round().clip(0, 255).astype(np.uint8)


def lanczos(part, size):
    return np.asarray(part.resize((size, size), Image.LANCZOS))


resized = [
    {"size": size, "crop": crop, "rgb": text(kernel(part, size).tobytes())}
    for size, crop, part, kernel in [
        (24, "none", image, lanczos),
        (12, "none", image, lanczos),
        (5, "none", image, lanczos),
        (17, {"centre": 1}, cropped(1), lanczos),
        (12, {"centre": 0.6}, cropped(0.6), lanczos),
        (31, {"centre": 1}, cropped(1), lanczos),
        (48, {"centre": 1}, cropped(1), catmull_rom),
    ]
]

square = picture(32, 32)
light = [
    {
        "brightness": b,
        "contrast": c,
        "rgb": text(np.rint((square - 127.5) * (1 + c) + 127.5 + 255 * b).clip(0, 255).astype(np.uint8).tobytes()),
    }
    for b, c in [(0, 0), (0.1, 0), (-0.1, 0.1), (0.037, -0.083), (0, 0.1)]
]
recompressed = []
for quality in (40, 75, 100):
    data = encoded(Image.fromarray(square), "JPEG", quality=quality, subsampling=2)
    recompressed.append({"quality": quality, "rgb": text(np.asarray(Image.open(io.BytesIO(data))).tobytes())})

OUT.write_text(
    json.dumps(
        {
            "generator": "tools/reference-fixtures/datasets/images.py",
            "versions": {"Pillow": PIL.__version__, "numpy": np.__version__},
            "files": [
                {"name": name, "file": text(data), "tolerance": tolerance, **decoded(expected)}
                for name, (data, expected, tolerance) in files.items()
            ],
            "cmyk": cmyk,
            "floatTiff": text(encoded(Image.new("F", (4, 4), 0.5), "TIFF")),
            "source": text(encoded(image, "PNG")),
            "resized": resized,
            "augment": {
                "size": 32,
                "rgb": text(square.tobytes()),
                "flipped": text(square[:, ::-1].tobytes()),
                "light": light,
                "jpeg": recompressed,
            },
        },
        separators=(",", ":"),
    )
    + "\n"
)
