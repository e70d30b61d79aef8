/** Small files that would take a reader hours, or end in an error that is none of ours, if nothing were bounded. */
import { describe, expect, it } from "vitest";
import { NumpyError, PyTorchError, parseNpy, parsePyTorch, parseSafetensors, SafetensorsError } from "../src/index.js";
import { parseManifest } from "../src/tensorflowjs/manifest.js";

function header(text: string): Uint8Array {
  const bytes = Buffer.alloc(8 + text.length);
  bytes.writeBigUInt64LE(BigInt(text.length));
  bytes.write(text, 8, "latin1");
  return bytes;
}

describe("hostile files", () => {
  it("a float of a million digits in a pickle", async () => {
    const pickles = ["F", "I"].map((opcode) => `\x80\x02${opcode}${"1".repeat(1e6)}x\n.`);
    for (const pickle of pickles) {
      const magic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
      const bytes = Buffer.from(magic + pickle, "latin1");
      await expect(parsePyTorch(bytes)).rejects.toThrow(PyTorchError);
    }
  });

  it("a shape of 20,000 dimensions in a .npy file", () => {
    const shape = `(${"1, ".repeat(20_000)})`;
    const text = `{'descr': '|u1', 'fortran_order': True, 'shape': ${shape}, }`.padEnd(65_000);
    const start = Buffer.concat([Buffer.from("\x93NUMPY\x02\x00", "latin1"), Buffer.alloc(4), Buffer.from(text)]);
    start.writeUInt32LE(text.length, 8);
    const bytes = Buffer.concat([start, Buffer.alloc(1)]);
    expect(() => parseNpy(bytes)).toThrow(NumpyError);
    expect(() => parseNpy(bytes)).toThrow("20000 dimensions");
  });

  it("JSON that is nested deeper than an error message can show", () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    for (const entry of [deep, `{"dtype":${deep}}`, `{"dtype":"F32","shape":[${deep}],"data_offsets":[0,0]}`]) {
      expect(() => parseSafetensors(header(`{"w":${entry}}`))).toThrow(SafetensorsError);
    }
  });

  it("a shard that is named twice", () => {
    const group = { paths: ["a.bin"], weights: [] };
    const manifest = JSON.stringify({ weightsManifest: [group, group] });
    expect(() => parseManifest(manifest)).toThrow('the shard "a.bin" stands there twice');
  });
});
