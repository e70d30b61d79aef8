import { PyTorchError, parsePyTorch, serializePyTorch } from "@roga/weights";
import fc from "fast-check";
import { expect, it } from "vitest";
import { arbitraryArrays } from "../support/arbitrary-arrays.js";
import { bitFlips, edits, truncations } from "../support/broken-bytes.js";
import { dictOf, legacyFile, pickle, tensor, text, zipFile } from "./raw-file.js";

/** Either a typed error, or tensors in proportion to the file that can be written again. */
async function readsOrRefuses(bytes: Uint8Array, unknown: "refuse" | "ignore" = "refuse"): Promise<boolean> {
  try {
    const { tensors } = await parsePyTorch(bytes, { unknown });
    let size = 0;
    for (const { data } of tensors.values()) size += data.byteLength;
    expect(size).toBeLessThanOrEqual(16 * bytes.length + 2 ** 20);
    await serializePyTorch(tensors);
    return true;
  } catch (error) {
    if (!(error instanceof PyTorchError)) throw error;
    return false;
  }
}

// A checkpoint with a nested state dict, a view, a name that is made with what no state dict needs, and attributes.
const content = pickle(
  "\x80\x02}(",
  text("epoch"),
  "K\x03",
  text("state_dict"),
  "ccollections\nOrderedDict\n)R(",
  text("w"),
  tensor(),
  text("view"),
  tensor({ offset: "K\x01", size: "K\x02K\x02\x86", stride: "K\x02K\x01\x86" }),
  "u}",
  text("_metadata"),
  "}sb",
  text("args"),
  "cargparse\nNamespace\n)\x81}",
  text("lr"),
  "G\x3f\xb9\x99\x99\x99\x99\x99\x9asb",
  "u.",
);
const zip = zipFile(content);
const legacy = legacyFile(content);

it("reads what it is about to break", async () => {
  for (const file of [zip, legacy]) {
    const { tensors } = await parsePyTorch(file);
    expect(tensors.get("view")).toEqual({ dtype: "F32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
  }
});

it("refuses files cut at any byte", async () => {
  for (const file of [zip, legacy]) {
    for (const bytes of truncations(file)) expect(await readsOrRefuses(bytes)).toBe(false);
  }
});

it("reads or refuses files with any bit turned over", async () => {
  for (const bytes of bitFlips(legacy, 3)) await readsOrRefuses(bytes);
  for (const bytes of bitFlips(zip, 5)) await readsOrRefuses(bytes);
  // The checksum would find them; it may be absent.
  for (const bytes of bitFlips(content, 3)) await readsOrRefuses(zipFile(bytes), "ignore");
});

it("reads or refuses files with bytes changed, removed or added", async () => {
  let refused = 0;
  for (const [file, seed, numRuns] of [
    [zip, 1, 1000],
    [legacy, 2, 1000],
    [content, 3, 1000],
  ] as const) {
    await fc.assert(
      fc.asyncProperty(edits(file), async (bytes) => {
        if (!(await readsOrRefuses(file === content ? zipFile(bytes) : bytes))) refused++;
      }),
      { numRuns, seed },
    );
  }
  expect(refused).toBeGreaterThan(1500);
});

const names = fc.constantFrom(
  "collections\nOrderedDict",
  "collections\ndefaultdict",
  "torch._utils\n_rebuild_tensor",
  "torch._utils\n_rebuild_tensor_v2",
  "torch._utils\n_rebuild_tensor_v3",
  "torch._utils\n_rebuild_parameter",
  "torch._tensor\n_rebuild_from_type_v2",
  "torch\nFloatStorage",
  "torch.storage\nUntypedStorage",
  "torch\nuint16",
  "torch\nSize",
  "torch\nTensor",
  "argparse\nNamespace",
  "copyreg\n_reconstructor",
  "_codecs\nencode",
  "builtins\nset",
  "builtins\nbytearray",
  "os\nsystem",
);
const byte = fc.nat(255).map((value) => String.fromCharCode(value));
/** Any operation that a pickle may have, with arguments that often are right. */
const operations: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  fc.constantFrom(..."N()}]\x88\x89\x8fdltuse0123R\x81\x92obaQ\x85\x86\x87\x90\x91\x93\x94.".split("")),
  fc.constantFrom("(", "(", "t", "R", ")", "}", "N.", "s."),
  fc.nat(8).map((value) => `K${String.fromCharCode(value)}`),
  fc.constantFrom(
    "J\xff\xff\xff\xff",
    "J\xff\xff\xff\x7f",
    "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f",
    "G\x7f\xf0\0\0\0\0\0\0",
  ),
  fc.constantFrom("I01\n", "I7\n", "L9L\n", "F1.5\n", "S'a\\n\\x41'\n", "V\\u0041\n", "P0\n"),
  fc.constantFrom("storage", "0", "cpu", "latin1", "w", "__proto__", "state_dict").map(text),
  names.map((name) => `c${name}\n`),
  names.map((name) => `i${name}\n`),
  fc.tuple(fc.constantFrom(..."qhrjU\x8c\x80\x82C".split("")), byte).map(([opcode, argument]) => opcode + argument),
  fc.constant(pickle("(", text("storage"), "ctorch\nFloatStorage\n", text("0"), text("cpu"), "K\x06tQ")),
  fc.record({ offset: fc.nat(7), size: fc.nat(7), stride: fc.nat(7) }).map(({ offset, size, stride }) => {
    const [o, n, s] = [offset, size, stride].map((value) => `K${String.fromCharCode(value)}`);
    return tensor({ offset: o!, size: `${n}\x85`, stride: `${s}\x85` });
  }),
);

it("reads or refuses pickles of any operations", async () => {
  let read = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(operations, { maxLength: 30 }), fc.boolean(), async (parts, ignore) => {
      const data = pickle("\x80\x04", ...parts, ".");
      const whole = ignore ? data : dictOf(pickle("}", text("w"), tensor(), "s", ...parts), "state_dict");
      if (await readsOrRefuses(zipFile(whole), ignore ? "ignore" : "refuse")) read++;
    }),
    { numRuns: 3000, seed: 4 },
  );
  expect(read).toBeGreaterThan(20);
});

it("reads or refuses tensors of any claims", async () => {
  const number = fc.oneof(
    fc.nat(7).map((value) => `K${String.fromCharCode(value)}`),
    fc.constantFrom("J\xff\xff\xff\xff", "J\xff\xff\xff\x7f", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", "N"),
  );
  const tuple = fc.array(number, { maxLength: 4 }).map((items) => `(${items.join("")}t`);
  const small = fc.array(
    fc.nat(3).map((value) => `K${String.fromCharCode(value)}`),
    { minLength: 2, maxLength: 2 },
  );
  const smallTuple = small.map((items) => `${items.join("")}\x86`);
  const claims = fc.record({
    type: fc.oneof(
      { weight: 8, arbitrary: fc.constant("FloatStorage") },
      { weight: 1, arbitrary: fc.constant("IntStorage") },
    ),
    length: fc.oneof({ weight: 8, arbitrary: fc.constant("K\x06") }, { weight: 1, arbitrary: number }),
    offset: number,
    size: fc.oneof(smallTuple, tuple),
    stride: fc.oneof(smallTuple, tuple),
  });
  let read = 0;
  await fc.assert(
    fc.asyncProperty(claims, fc.boolean(), async (claim, old) => {
      const data = dictOf(tensor(claim));
      if (await readsOrRefuses(old ? legacyFile(data) : zipFile(data))) read++;
    }),
    { numRuns: 2000, seed: 5 },
  );
  expect(read).toBeGreaterThan(100);
});

it("reads or refuses any bytes after a magic number", async () => {
  const start = legacy.slice(0, legacy.indexOf(0x2e, 20) + 1);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (bytes) => {
      await readsOrRefuses(pickle(start, bytes));
    }),
    { numRuns: 1000, seed: 6 },
  );
});

const arrays = arbitraryArrays("F32", "F64", "F16", "I64", "U16", "U64", "BOOL");

it("reads back what it wrote, bit for bit", async () => {
  const files = fc
    .uniqueArray(fc.tuple(fc.string({ unit: "grapheme", maxLength: 8 }), arrays), {
      selector: ([name]) => name,
      maxLength: 5,
    })
    .map((entries) => new Map(entries));
  await fc.assert(
    fc.asyncProperty(
      files.filter((tensors) => tensors.size > 0),
      async (tensors) => {
        const bytes = await serializePyTorch(tensors);
        const read = await parsePyTorch(bytes);
        expect([...read.tensors.keys()]).toEqual([...tensors.keys()]);
        // Equal bytes: NaN payloads and signs of zero included.
        expect(Buffer.from(await serializePyTorch(read.tensors)).equals(bytes)).toBe(true);
      },
    ),
    { numRuns: 200, seed: 7 },
  );
});
