#!/usr/bin/env python3
"""Reference values for the face renderer: least-squares similarities (NumPy) and rotations (SciPy).

Writes packages/datasets/test/faces/fixtures/reference.json (made with NumPy 1.24 and SciPy 1.10):
    python3 tools/reference-fixtures/datasets/faces.py
"""

import json
import pathlib

import numpy as np
from scipy.spatial.transform import Rotation

OUT = pathlib.Path(__file__).parents[3] / "packages/datasets/test/faces/fixtures/reference.json"
random = np.random.default_rng(20)


def similarity(source, target):
    """x' = a x - b y + tx, y' = b x + a y + ty by ordinary least squares on (a, b, tx, ty)."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target):
        rows += [[x, -y, 1, 0], [y, x, 0, 1]]
        values += [u, v]
    return np.linalg.lstsq(np.array(rows), np.array(values), rcond=None)[0]


similarities = []
for _ in range(4):
    source = random.uniform(-60, 60, (5, 2))
    target = source @ random.normal(0, 1, (2, 2)) + random.uniform(0, 256, 2)
    similarities.append({"source": source.tolist(), "target": target.tolist(), "fit": similarity(source, target).tolist()})

rotations = []
for yaw, pitch, roll in random.uniform(-0.4, 0.4, (4, 3)):
    # x right, y up, z towards the viewer: yaw about y, then pitch (up, so about -x), then roll (clockwise, about -z).
    matrix = (Rotation.from_rotvec([0, 0, -roll]) * Rotation.from_rotvec([-pitch, 0, 0]) * Rotation.from_rotvec([0, yaw, 0])).as_matrix()
    rotations.append({"yaw": yaw, "pitch": pitch, "roll": roll, "matrix": matrix.ravel().tolist()})

OUT.write_text(json.dumps({"similarities": similarities, "rotations": rotations}) + "\n")
