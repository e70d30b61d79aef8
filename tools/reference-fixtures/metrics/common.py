"""What the generators share: where fixtures go, and how numbers are written."""

import json
import math
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[3] / "packages" / "metrics" / "test" / "fixtures"


def plain(value):
    """NumPy values as JSON has them; infinities, which it has not, as null."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and math.isinf(value):
        return None
    return value


def write(name, data):
    """Writes one entry a line, so that a change of one case is a change of one line."""
    FIXTURES.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(plain(entry)) for entry in data)
    (FIXTURES / name).write_text(f"[\n{lines}\n]\n")
