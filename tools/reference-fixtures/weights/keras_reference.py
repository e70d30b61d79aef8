"""What Keras and h5py write: whole models, weights, and the layouts of Keras 2.

Writes packages/weights/test/fixtures/keras.json. Needs h5py, and Keras 3 with any backend (made with h5py 3.16.0 and
Keras 3.15.1 on its JAX backend):
    KERAS_BACKEND=jax python3 tools/reference-fixtures/weights/keras_reference.py
"""

import base64
import gzip
import io
import json
import pathlib
import tempfile
import zipfile

import h5py
import keras
import ml_dtypes
import numpy as np

OUT = pathlib.Path(__file__).parents[3] / "packages/weights/test/fixtures/keras.json"
rng = np.random.default_rng(20250603)


def packed(data):
    """HDF5 files of a few numbers are mostly zeros."""
    return base64.b64encode(gzip.compress(data, mtime=0)).decode()


def listed(arrays):
    return {
        name: {"shape": list(a.shape), "dtype": a.dtype.name, "values": [float(v) for v in np.ravel(a).astype("f8")]}
        for name, a in arrays.items()
    }


def hdf5(write, **options):
    out = io.BytesIO()
    with h5py.File(out, "w", **options) as file:
        write(file)
    return packed(out.getvalue())


keras.utils.set_random_seed(1)
model = keras.Sequential(
    [
        keras.layers.Input((4, 4, 2)),
        keras.layers.Conv2D(2, 2, name="stem"),
        keras.layers.BatchNormalization(name="stem_bn"),
        keras.layers.Conv2D(1, 1, use_bias=False, name="pointwise"),
        keras.layers.Flatten(),
        keras.layers.Dense(2, name="head", dtype="bfloat16"),
    ],
    name="detector",
)
model.compile(optimizer="adam", loss="mse")
for weight in model.weights:
    weight.assign(rng.normal(size=weight.shape).astype("float32"))
paths = {
    "stem": "layers/conv2d",
    "stem_bn": "layers/batch_normalization",
    "pointwise": "layers/conv2d_1",
    "head": "layers/dense",
}


def older(weight, layer):
    """What Keras 2 calls a weight."""
    depthwise = isinstance(layer, keras.layers.DepthwiseConv2D) and weight.name == "kernel"
    return f"{layer.name}/{'depthwise_kernel' if depthwise else weight.name}:0"


def valued(model):
    return {older(w, layer): np.array(keras.ops.convert_to_numpy(w)) for layer in model.layers for w in layer.weights}


def written(model, name):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / name
        if name.endswith(".weights.h5"):
            model.save_weights(path)
        else:
            model.save(path)
        return path.read_bytes()


# Keras' legacy format cannot hold bfloat16.
model32 = keras.Sequential([keras.layers.Input((4, 4, 2)), *model.layers[:-1]], name="detector")
model32.compile(optimizer="adam", loss="mse")
saved = {name: written(model, name) for name in ["model.keras", "model.weights.h5"]}
saved["model.h5"] = written(model32, "model.h5")

# Every kind of layer whose weights have names of their own, models in a model with layers of one name, and a layer whose
# weights keep their paths.
inner = keras.Sequential(
    [
        keras.layers.Input((4, 4, 2)),
        keras.layers.Conv2D(2, 1, name="c"),
        keras.layers.BatchNormalization(name="b", scale=False),
    ],
    name="inner",
)
other = keras.Sequential([keras.layers.Conv2D(2, 1, name="c", use_bias=False)], name="other")
image = keras.layers.Input((4, 4, 2))
x = other(inner(keras.layers.Normalization(name="norm")(image)))
x = keras.layers.DepthwiseConv2D(2, name="dw")(x)
x = keras.layers.PReLU(name="act", shared_axes=[1, 2])(x)
x = keras.layers.Dropout(0.5, name="drop")(x)
x = keras.layers.SeparableConv2D(3, 1, name="sep")(x) * 2
x = keras.layers.LayerNormalization(name="ln", center=False)(x)
x = keras.layers.GroupNormalization(1, name="gn")(x)
x = keras.layers.Conv2DTranspose(1, 2, name="up")(x)
x = keras.layers.TimeDistributed(keras.layers.Dense(2, name="td_dense"), name="td")(x)
layers = keras.Model(image, x, name="layers")
for weight in layers.weights:
    if weight.name != "count":
        weight.assign(rng.normal(size=weight.shape).astype("float32"))
by_layer = {
    **{name: value for name, value in valued(layers).items() if not name.startswith(("inner/", "other/", "td/"))},
    **{"inner/c/kernel:0" if name == "c/kernel:0" else name: value for name, value in valued(inner).items()},
    **{f"other/{name}": value for name, value in valued(other).items()},
}
# What cannot be told without the configuration.
untold = {
    "ln/gamma:0": "layers/layer_normalization/vars/0",
    "b/beta:0": "layers/sequential/layers/batch_normalization/vars/0",
    "b/moving_mean:0": "layers/sequential/layers/batch_normalization/vars/1",
    "b/moving_variance:0": "layers/sequential/layers/batch_normalization/vars/2",
}
distributed = [np.array(keras.ops.convert_to_numpy(w)) for w in layers.get_layer("td").weights]
td_paths = {f"layers/time_distributed/layer/vars/{index}": value for index, value in enumerate(distributed)}
td_h5 = {"td/td_dense/kernel:0": distributed[0], "td/td_dense/bias:0": distributed[1]}


def without_layer_names(archive):
    """The same `.keras` file where the names of layers do not stand beside their variables, and a generator's state does."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "model.weights.h5":
                weights = io.BytesIO(content)
                with h5py.File(weights, "r+") as file:
                    file.visititems(lambda _, item: item.attrs.pop("name", None) and None)
                    file.create_dataset("layers/dropout/seed_generator/vars/0", data=np.zeros(2, "u4"))
                content = weights.getvalue()
            target.writestr(entry, content)
    return out.getvalue()


saved["layers.keras"] = written(layers, "layers.keras")
saved["layers.weights.h5"] = written(layers, "layers.weights.h5")
saved["layers.h5"] = written(layers, "layers.h5")
saved["layers.keras without names"] = without_layer_names(saved["layers.keras"])
of_layers = {
    "layers.keras": {**by_layer, **td_paths},
    "layers.keras without names": {**by_layer, **td_paths},
    "layers.weights.h5": {**{untold.get(name, name): value for name, value in by_layer.items()}, **td_paths},
    "layers.h5": {**by_layer, **td_h5},
}

two = {
    "stem/kernel:0": rng.normal(size=(2, 2, 1, 3)).astype("f4"),
    "stem/bias:0": rng.normal(size=3).astype("f2"),
    "head/kernel:0": rng.normal(size=(30, 20)).astype("f4"),
    "head/steps:0": np.array(5, dtype="i8"),
    "head/mask:0": np.array([True, False]),
}


def keras2(file):
    file.attrs["layer_names"] = np.array([b"input_1", b"stem", b"head"])
    file.attrs["backend"] = b"tensorflow"
    file.attrs["keras_version"] = b"2.11.0"
    file.create_group("input_1").attrs["weight_names"] = np.zeros(0)
    for layer in ["stem", "head"]:
        names = [name for name in two if name.startswith(layer)]
        group = file.create_group(layer)
        group.attrs["weight_names"] = np.array([name.encode() for name in names])
        for name in names:
            squeeze = {"compression": "gzip", "shuffle": True} if "kernel" in name else {}
            value = two[name].astype(">f4") if name == "stem/kernel:0" else two[name]
            group.create_dataset(name, data=value, **squeeze)


def split_names(file):
    """Keras splits lists that do not fit in an attribute; and layers of nested models may repeat a weight's name."""
    model_weights = file.create_group("model_weights")
    model_weights.attrs["layer_names0"] = np.array([b"a"])
    model_weights.attrs["layer_names1"] = np.array([b"b"])
    for layer, value in [("a", 1), ("b", 2)]:
        group = model_weights.create_group(layer)
        group.attrs["weight_names"] = np.array([b"kernel:0", f"{layer}/bias:0".encode()])
        group.create_dataset("kernel:0", data=np.float32([value]))
        group.create_dataset(f"{layer}/bias:0", data=np.float32([-value]))
    file.create_group("optimizer_weights").create_dataset("kernel:0", data=np.float32([9]))


def refused(write):
    def content(file):
        file.create_dataset("good", data=np.float32([1]))
        write(file)

    return hdf5(content)


def squeezed(file):
    """A hundred bytes each, and nothing of it ever written."""
    file.create_dataset("filler", data=np.zeros(50_000, "u1"))
    for index in range(24):
        file.create_dataset(f"w{index}", shape=(50_000_000,), chunks=(2**20,), dtype="u1")


def bomb(file):
    file.create_dataset("w", shape=(10**9,), chunks=(2**20,), dtype="f4")


broken = {
    "a link out of the file": (refused(lambda f: f.__setitem__("w", h5py.ExternalLink("/etc/passwd", "/x"))), "link"),
    "elements in another file": (
        refused(lambda f: f.create_dataset("w", (8,), "u1", external=[("/etc/hostname", 0, 8)])),
        "data cannot be read",
    ),
    "a virtual dataset": (
        refused(
            lambda f: f.create_virtual_dataset(
                "w", (lambda v: (v.__setitem__(slice(0, 1), h5py.VirtualSource("b.h5", "w", (1,))), v)[1])(h5py.VirtualLayout((1,), "f4"))
            )
        ),
        "other files",
    ),
    "text": (refused(lambda f: f.create_dataset("w", data="hello")), "got texts"),
    "records": (refused(lambda f: f.create_dataset("w", data=np.zeros(2, dtype=[("a", "f4")]))), "got compounds"),
    "complex numbers": (refused(lambda f: f.create_dataset("w", data=np.zeros(2, dtype="c8"))), "expected numbers"),
    "an enumeration": (
        refused(lambda f: f.create_dataset("w", (2,), dtype=h5py.enum_dtype({"A": 0, "B": 1}, basetype="i1"))),
        "got enumerations",
    ),
    "a dataset without elements": (refused(lambda f: f.create_dataset("w", data=h5py.Empty("f4"))), "without a shape"),
    "10⁹ elements that were never written": (refused(bomb), "cannot hold"),
    "datasets that are too large together": (hdf5(squeezed), "together, more than the limit of 1073741824"),
    "a configuration that is no text": (
        hdf5(
            lambda f: f.attrs.update(
                {"layer_names": np.zeros(0), "keras_version": b"3.0.0", "model_config": np.arange(2)}
            )
        ),
        "expected texts",
    ),
    "a configuration that is not JSON": (
        hdf5(
            lambda f: f.attrs.update({"layer_names": np.zeros(0), "keras_version": b"3.0.0", "model_config": b"{"})
        ),
        "not JSON",
    ),
    "a layer that is not there": (
        hdf5(lambda f: f.attrs.__setitem__("layer_names", np.array([b"gone"]))),
        'lists "gone"',
    ),
    "layer names that are numbers": (hdf5(lambda f: f.attrs.__setitem__("layer_names", np.arange(3))), "expected texts"),
    "a weight that is not there": (
        hdf5(
            lambda f: (
                f.attrs.__setitem__("layer_names", np.array([b"a"])),
                f.create_group("a").attrs.__setitem__("weight_names", np.array([b"gone"])),
            )
        ),
        "no dataset of that path",
    ),
    "a weight twice": (
        hdf5(
            lambda f: (
                f.attrs.__setitem__("layer_names", np.array([b"a"])),
                f.create_group("a").attrs.__setitem__("weight_names", np.array([b"w", b"w"])),
                f.create_dataset("a/w", data=np.float32([1])),
            )
        ),
        "twice",
    ),
}

def tiny(file):
    """As Keras 2 writes."""
    file.attrs["layer_names"] = np.array([b"a"])
    group = file.create_group("a")
    group.attrs["weight_names"] = np.array([b"k:0"])
    group.create_dataset("k:0", data=np.float32([1, 2]))


def tiny_compressed(file):
    """As Keras 3 writes, in pieces that are deflated."""
    value = np.arange(6, dtype="f4").reshape(2, 3)
    file.create_dataset("layers/dense/vars/0", data=value, chunks=(2, 2), compression="gzip")


def tiny_numbered(file):
    """As Keras 3 writes, with the layer's name."""
    group = file.create_group("layers/dense/vars")
    group.attrs["name"] = "d"
    group.create_dataset("0", data=np.float32([1, 2]))


OUT.write_text(
    json.dumps(
        {
            "generator": "tools/reference-fixtures/weights/keras_reference.py",
            "versions": {"h5py": h5py.__version__, "keras": keras.__version__, "hdf5": h5py.version.hdf5_version},
            "files": {
                "model.keras": {"file": packed(saved["model.keras"]), "arrays": listed(valued(model))},
                "model.weights.h5": {"file": packed(saved["model.weights.h5"]), "arrays": listed(valued(model))},
                "model.h5": {"file": packed(saved["model.h5"]), "arrays": listed(valued(model32))},
                **{name: {"file": packed(saved[name]), "arrays": listed(arrays)} for name, arrays in of_layers.items()},
                "keras 2": {"file": hdf5(keras2), "arrays": listed(two)},
                "split names": {
                    "file": hdf5(split_names),
                    "arrays": listed(
                        {
                            "a/kernel:0": np.float32([1]),
                            "a/bias:0": np.float32([-1]),
                            "b/kernel:0": np.float32([2]),
                            "b/bias:0": np.float32([-2]),
                        }
                    ),
                },
            },
            "layerNames": {path: name for name, path in paths.items()},
            # Of a few hundred bytes, and of a few thousand in the layout that h5py writes by default.
            "tiny": {
                "weight_names": hdf5(tiny, libver="latest"),
                "deflated": hdf5(tiny_compressed, libver="latest"),
                "numbered": hdf5(tiny_numbered, libver="latest"),
                "weight_names, older": hdf5(tiny),
            },
            "refused": {name: {"file": file, "because": because} for name, (file, because) in broken.items()},
        },
        ensure_ascii=True,
        separators=(",", ":"),
    )
    + "\n"
)
