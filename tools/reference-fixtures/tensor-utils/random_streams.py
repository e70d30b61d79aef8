"""Reference draws of the named random streams, from Python's integers and hashlib.

Written from the definition in packages/tensor-utils/src/{random,stream-path}.ts and from Salmon et al. (SC 2011), with
none of the 32-bit arithmetic that the TypeScript needs. Run: python3 random_streams.py > random-streams.json
"""

import hashlib
import json
import math
import struct

MASK = 0xFFFFFFFF


def philox4x32_10(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & MASK, (p0 >> 32) ^ c[3] ^ k[1], p0 & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def encode(part):
    tag, payload = (b"s", part.encode("utf-16-le")) if isinstance(part, str) else (b"i", str(part).encode("ascii"))
    return tag + struct.pack("<I", len(payload)) + payload


class Stream:
    def __init__(self, path, position=0):
        digest = hashlib.sha256(b"".join(encode(part) for part in path)).digest()
        self.words = struct.unpack("<4I", digest[:16])
        self.position = position

    def block(self):
        p = self.position
        self.position += 1
        return philox4x32_10((p & MASK, p >> 32, self.words[2], self.words[3]), self.words[:2])

    @staticmethod
    def unit(high, low):
        return ((high >> 5) * 2**26 + (low >> 6)) / 2**53

    def uniform(self):
        b = self.block()
        return self.unit(b[0], b[1])

    def normal(self):
        b = self.block()
        return math.sqrt(-2 * math.log(1 - self.unit(b[0], b[1]))) * math.cos(2 * math.pi * self.unit(b[2], b[3]))

    def integer(self, low, high):
        b = self.block()
        value = b[3] << 96 | b[2] << 64 | b[1] << 32 | b[0]
        return low + (value * (high - low) >> 128)

    def permutation(self, n):
        order = list(range(n))
        for last in range(n - 1, 0, -1):
            other = self.integer(0, last + 1)
            order[last], order[other] = order[other], order[last]
        return order


PATHS = [
    [0],
    [1],
    ["1"],
    [-7, "augment", 3, 17],
    [42, "a", "b"],
    [42, "ab"],
    [42, "a", "b", ""],
    ["seed", "Gesicht – 顔 😀", 2**53 - 1],
    [2**100 + 1, "wide seed"],
]
RANGES = [(0, 1), (0, 10), (-5, 6), (0, 2**32 - 1), (0, 2**32), (-(2**52), 2**52 - 1), (0, 2**53 - 1)]


def case(path):
    seed = path[0]
    return {
        "seed": {"bigint": str(seed)} if isinstance(seed, int) and abs(seed) >= 2**53 else seed,
        "names": path[1:],
        "block": Stream(path).block(),
        "uniform": [Stream(path, i).uniform() for i in range(4)],
        "normal": [Stream(path, i).normal() for i in range(4)],
        "int": [{"low": low, "high": high, "value": Stream(path, i).integer(low, high)} for i, (low, high) in enumerate(RANGES)],
        "permutation": Stream(path).permutation(12),
        "far": {"index": 2**40 + 3, "uniform": Stream(path, 2**40 + 3).uniform()},
    }


print(json.dumps([case(path) for path in PATHS], indent=1))
