"""Named-tensor map arithmetic in float64, by NumPy. Run: python3 maps.py > maps.json"""

import json

import numpy as np

rng = np.random.default_rng(20250520)
shapes = {"kernel": (3, 2, 4), "bias": (4,), "scale": ()}


def draw():
    # float32 inputs, so that both sides start from the same numbers
    return {name: rng.normal(size=shape).astype(np.float32).astype(np.float64) for name, shape in shapes.items()}


def flat(values):
    return np.concatenate([value.ravel() for value in values.values()])


def record(values):
    return {name: {"shape": list(value.shape), "values": np.ravel(value).tolist()} for name, value in values.items()}


x, y, alpha = draw(), draw(), -0.375
fx, fy = flat(x), flat(y)
print(
    json.dumps(
        {
            "x": record(x),
            "y": record(y),
            "alpha": alpha,
            "norm": np.linalg.norm(fx),
            "dot": fx @ fy,
            "cosine": fx @ fy / np.linalg.norm(fx) / np.linalg.norm(fy),
            "axpy": record({name: alpha * x[name] + y[name] for name in shapes}),
            "scale": record({name: alpha * x[name] for name in shapes}),
        },
        indent=1,
    )
)
