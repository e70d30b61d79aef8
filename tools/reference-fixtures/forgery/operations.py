"""The image operations of the forgery generator as SciPy, PyTorch, scikit-image, NumPy and Pillow compute them.

Writes packages/datasets/test/forgery/fixtures/operations.json. Needs numpy, scipy, torch, scikit-image and Pillow
(made with NumPy 1.24, SciPy 1.10, PyTorch 1.13, scikit-image 0.19, Pillow 9.4):
    python3 tools/reference-fixtures/forgery/operations.py
"""

import io
import json
import pathlib

import numpy as np
import scipy.fft
import scipy.ndimage as nd
import scipy.sparse as sp
import scipy.sparse.linalg
import skimage.color
import skimage.draw
import skimage.transform
import torch
from PIL import Image
from scipy.interpolate import RBFInterpolator
from scipy.spatial import ConvexHull

OUT = pathlib.Path(__file__).parents[3] / "packages/datasets/test/forgery/fixtures/operations.json"
random = np.random.default_rng(20)


def flat(array):
    array = np.asarray(array)
    if array.dtype == np.uint8:
        return array.ravel().tolist()
    return [float(f"{value:.7g}") for value in array.astype(np.float64).ravel()]


def raster(array):
    """A height x width x channels array as the tests read it."""
    array = array if array.ndim == 3 else array[..., None]
    return {"width": array.shape[1], "height": array.shape[0], "values": flat(array)}


def picture(height, width, channels=3):
    """Smooth structure and noise, rounded so that the JSON holds the very input."""
    smooth = nd.gaussian_filter(random.random((height, width, channels)), (2, 2, 0), mode="wrap")
    smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min())
    return np.round(0.85 * smooth + 0.15 * random.random((height, width, channels)), 4)


def gaussian(image, sigma):
    return nd.gaussian_filter(image, (sigma, sigma, 0), mode="nearest", truncate=3)


def box(image, radius):
    return nd.uniform_filter(image, (2 * radius + 1, 2 * radius + 1, 1), mode="nearest")


def guided(image, radius, epsilon):
    mean = box(image, radius)
    variance = box(image * image, radius) - mean * mean
    gain = variance / (variance + epsilon)
    return box(gain, radius) * image + box((1 - gain) * mean, radius)


def planar(image):
    return torch.tensor(image, dtype=torch.float64).permute(2, 0, 1)[None]


def interleaved(tensor):
    return tensor[0].permute(1, 2, 0).numpy()


def resized(image, width, height, mode):
    return interleaved(torch.nn.functional.interpolate(planar(image), (height, width), mode=mode, antialias=True))


def remapped(image, x, y, mode):
    height, width = image.shape[:2]
    grid = torch.tensor(np.stack([2 * x / (width - 1) - 1, 2 * y / (height - 1) - 1], -1))[None]
    sampled = torch.nn.functional.grid_sample(planar(image), grid, mode, "border", align_corners=True)
    return interleaved(sampled)


def transposed(image, stride, kernel):
    pad, channels = 4, image.shape[2]
    source = torch.nn.functional.pad(planar(image), (pad,) * 4, mode="replicate")
    weight = torch.tensor(np.outer(kernel, kernel))[None, None].repeat(channels, 1, 1, 1)
    crop = -(-(len(kernel) - stride) // 2)
    out = torch.nn.functional.conv_transpose2d(source, weight, stride=stride, groups=channels)
    top = pad * stride + crop
    height, width = image.shape[0] * stride, image.shape[1] * stride
    return interleaved(out[:, :, top : top + height, top : top + width])


def reinhard(source, reference, mask, strength):
    lab, target = skimage.color.rgb2lab(source), skimage.color.rgb2lab(reference)
    for c in range(3):
        own = np.average(lab[..., c], weights=mask)
        own_deviation = np.sqrt(np.average((lab[..., c] - own) ** 2, weights=mask))
        wanted = np.average(target[..., c], weights=mask)
        wanted_deviation = np.sqrt(np.average((target[..., c] - wanted) ** 2, weights=mask))
        gain = 1 + strength * (np.clip(wanted_deviation / own_deviation, 0.5, 2) - 1)
        lab[..., c] = own + strength * (wanted - own) + gain * (lab[..., c] - own)
    return lab


def lab_to_srgb(lab):
    """Without the gamut clipping of scikit-image."""
    xyz = skimage.color.lab2xyz(lab)
    linear = xyz @ np.linalg.inv(skimage.color.colorconv.xyz_from_rgb).T
    curve = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, linear * 12.92, curve)


def pillow_jpeg(image8, quality, subsampling):
    buffer = io.BytesIO()
    Image.fromarray(image8).save(buffer, "JPEG", quality=quality, subsampling=subsampling, optimize=False)
    opened = Image.open(io.BytesIO(buffer.getvalue()))
    tables = {key: list(table) for key, table in opened.quantization.items()}
    return np.asarray(opened.convert("RGB")), tables


def quantised_plane(plane, table):
    """8 x 8 DCT quantisation of a plane around 0 in grey levels, edges replicated."""
    height, width = plane.shape
    padded = np.pad(plane, ((0, -height % 8), (0, -width % 8)), mode="edge")
    for top in range(0, padded.shape[0], 8):
        for left in range(0, padded.shape[1], 8):
            block = scipy.fft.dctn(padded[top : top + 8, left : left + 8], norm="ortho")
            block = np.floor(block / table + 0.5) * table
            padded[top : top + 8, left : left + 8] = scipy.fft.idctn(block, norm="ortho")
    return padded[:height, :width]


def jpeg(image, luminance, chrominance):
    matrix = np.array([[0.299, 0.587, 0.114], [-0.168735892, -0.331264108, 0.5], [0.5, -0.418687589, -0.081312411]])
    matrix[1] = (np.array([0, 0, 1]) - matrix[0]) / 1.772
    matrix[2] = (np.array([1, 0, 0]) - matrix[0]) / 1.402
    ycbcr = 255 * image @ matrix.T
    ycbcr[..., 0] = quantised_plane(ycbcr[..., 0] - 128, luminance) + 128
    for c in (1, 2):
        ycbcr[..., c] = quantised_plane(ycbcr[..., c], chrominance)
    return np.clip(ycbcr @ np.linalg.inv(matrix).T / 255, 0, 1)


def pyramid_reduce(image):
    kernel = np.array([1, 4, 6, 4, 1]) / 16
    for axis in (0, 1):
        image = nd.correlate1d(image, kernel, axis=axis, mode="nearest")
    return image[::2, ::2]


def pyramid_expand(image, width, height):
    kernel = np.array([1, 4, 6, 4, 1]) / 8
    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)), mode="edge")
    spread = np.zeros((2 * padded.shape[0], 2 * padded.shape[1], image.shape[2]))
    spread[::2, ::2] = padded
    for axis in (0, 1):
        spread = nd.correlate1d(spread, kernel, axis=axis, mode="constant")
    return spread[2 : 2 + height, 2 : 2 + width]


def harmonic(values, unknown):
    """The discrete Laplace equation in the unknown cells; at the raster's border the missing neighbours drop out."""
    height, width, channels = values.shape
    index = -np.ones((height, width), int)
    index[unknown] = np.arange(unknown.sum())
    rows, columns, entries = [], [], []
    right = np.zeros((unknown.sum(), channels))
    for y, x in zip(*np.nonzero(unknown)):
        row, degree = index[y, x], 0
        for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if not (0 <= v < height and 0 <= u < width):
                continue
            degree += 1
            if unknown[v, u]:
                rows.append(row), columns.append(index[v, u]), entries.append(-1.0)
            else:
                right[row] += values[v, u]
        rows.append(row), columns.append(row), entries.append(float(degree))
    matrix = sp.csr_matrix((entries, (rows, columns)))
    out = values.copy()
    out[unknown] = np.stack([scipy.sparse.linalg.spsolve(matrix, right[:, c]) for c in range(channels)], -1)
    return out


def main():
    image = picture(11, 9)
    other = picture(11, 9)
    plane = picture(13, 12, 1)
    fixtures = {"image": raster(image), "other": raster(other), "plane": raster(plane), "patch": raster(image[:5, :4])}

    fixtures["gaussian"] = [{"sigma": s, **raster(gaussian(image, s))} for s in (0.4, 1.3, 3.0)]
    fixtures["box"] = [{"radius": r, **raster(box(image, r))} for r in (1, 3)]
    fixtures["guided"] = [{"radius": r, "epsilon": e, **raster(guided(image, r, e))} for r, e in ((1, 0.01), (2, 0.002))]
    fixtures["resize"] = [
        {"filter": mode, **raster(resized(image, width, height, mode))}
        for mode in ("bilinear", "bicubic")
        for width, height in ((4, 5), (13, 17), (9, 7))
    ]
    x = np.round(random.uniform(-2, 10, (6, 7)), 3)
    y = np.round(random.uniform(-2, 12, (6, 7)), 3)
    fixtures["remap"] = {
        "x": flat(x),
        "y": flat(y),
        "results": [{"sampling": mode, **raster(remapped(image, x, y, mode))} for mode in ("bilinear", "bicubic")],
    }

    source = np.round(random.uniform(0, 60, (5, 2)), 2)
    target = np.round(source @ np.array([[1.1, 0.2], [-0.2, 1.1]]) + [4, -7] + random.normal(0, 2, (5, 2)), 2)
    transform = skimage.transform.SimilarityTransform()
    assert transform.estimate(source, target)
    spline = RBFInterpolator(source, target, kernel="thin_plate_spline", degree=1)
    probes = np.round(random.uniform(-5, 70, (12, 2)), 2)
    fixtures["points"] = {
        "from": source.tolist(),
        "to": target.tolist(),
        "similarity": flat(transform.params),
        "probes": probes.tolist(),
        "spline": spline(probes).tolist(),
    }

    cloud = np.round(random.uniform(0, 20, (14, 2)), 2)
    hull = cloud[ConvexHull(cloud).vertices]
    star = np.array([[3.2, 1.1], [15.7, -2.3], [12.4, 7.9], [18.6, 14.2], [8.1, 11.3], [-2.6, 16.8], [4.4, 8.3]])
    scale = 64
    shape = (16 * scale, 16 * scale)
    fine = skimage.draw.polygon2mask(shape, (star[:, ::-1] + 0.5) * scale - 0.5)
    fixtures["polygon"] = {
        "cloud": cloud.tolist(),
        "hull": hull.tolist(),
        "corners": star.tolist(),
        "coverage": raster(fine.reshape(16, scale, 16, scale).mean((1, 3))),
    }

    colours = np.round(np.concatenate([random.random((20, 3)), np.eye(3), [[0, 0, 0], [1, 1, 1], [0.02, 0.03, 0.01]]]), 4)
    lab = skimage.color.rgb2lab(colours[None])[0]
    mask = np.round(random.random((11, 9)) * (random.random((11, 9)) > 0.3), 3)
    moved = lab_to_srgb(reinhard(image, other, mask, 0.7))
    fixtures["colour"] = {
        "rgb": flat(colours),
        "lab": flat(lab),
        "mask": flat(mask),
        "strength": 0.7,
        "transferred": raster(np.where((mask > 0)[..., None], moved, image)),
    }

    photo = picture(13, 18)
    photo8 = np.round(255 * picture(16, 24)).astype(np.uint8)
    block = np.round(random.normal(0, 50, (8, 8)), 3)
    qualities = {}
    for quality in (20, 50, 90):
        decoded, tables = pillow_jpeg(photo8, quality, 0)
        halved, _ = pillow_jpeg(photo8, quality, 2)
        luminance, chrominance = tables[0], tables[1]
        if quality == 50:
            assert luminance[:8] == [16, 11, 10, 16, 24, 40, 51, 61], "Pillow before 8.3 gives tables in zigzag order"
        table = [np.array(t, float).reshape(8, 8) for t in (luminance, chrominance)]
        qualities[quality] = {
            "luminance": luminance,
            "chrominance": chrominance,
            "ours": raster(jpeg(photo, *table)),
            "pillow": flat(decoded),
            "pillowHalved": flat(halved),
        }
    fixtures["jpeg"] = {
        "block": flat(block),
        "dct": flat(scipy.fft.dctn(block, norm="ortho")),
        "photo": raster(photo),
        "photo8": {"width": 24, "height": 16, "values": flat(photo8)},
        "qualities": qualities,
    }

    fixtures["fft"] = []
    for height, width in ((8, 16), (5, 6), (12, 7), (1, 9)):
        field = np.round(random.normal(size=(height, width)) + 1j * random.normal(size=(height, width)), 4)
        spectrum = np.fft.fft2(field)
        fixtures["fft"].append(
            {
                "width": width,
                "height": height,
                "re": flat(field.real),
                "im": flat(field.imag),
                "spectrumRe": flat(spectrum.real),
                "spectrumIm": flat(spectrum.imag),
            }
        )

    laplacian = nd.correlate(plane[..., 0], np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]]))[1:-1, 1:-1]
    fixtures["noiseLevel"] = float(np.sqrt(np.pi / 2) * np.abs(laplacian).mean() / 6)

    reduced = pyramid_reduce(image)
    fixtures["pyramid"] = {"reduced": raster(reduced), "expanded": raster(pyramid_expand(reduced, 9, 11))}

    yy, xx = np.mgrid[:20, :24]
    unknown = ((xx - 13) ** 2 / 90 + (yy - 12) ** 2 / 60 < 1) | ((xx > 18) & (yy > 5) & (yy < 9))
    boundary = np.round(random.uniform(-1, 1, (20, 24, 2)), 3)
    boundary = nd.gaussian_filter(boundary, (1, 1, 0)).round(4)
    fixtures["membrane"] = {
        "unknown": unknown.astype(int).ravel().tolist(),
        "known": raster(np.where(unknown[..., None], 0, boundary)),
        "solved": raster(harmonic(boundary, unknown)),
    }

    fixtures["transposed"] = [
        {"stride": stride, "kernel": kernel, **raster(transposed(image[:5, :4], stride, np.array(kernel)))}
        for stride, kernel in ((2, [0.25, 0.75, 0.75, 0.25]), (2, [0.5, 1.1, 0.4]), (2, [0.1, 0.4, 0.6, 0.7, 0.2]), (3, [0.2, 0.9, 1.2, 0.6]))
    ]

    OUT.write_text(json.dumps(fixtures, separators=(",", ":")) + "\n")
    print(OUT.stat().st_size, "bytes")


main()
