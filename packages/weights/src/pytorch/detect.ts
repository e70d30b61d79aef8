/** Which of PyTorch's formats a file has, by its content; what else it seems to be, if none. */
import type { ByteSource } from "../files/byte-source.js";
import type { Container } from "./container.js";
import { PyTorchError } from "./error.js";
import type { UnknownNames } from "./globals.js";
import { openLegacy, startsAsLegacy } from "./legacy.js";
import { openZip } from "./zip.js";

/** Enough for every signature: that of tar files lies at byte 257. */
const START_BYTES = 512;

/**
 * Opens a file of any format.
 * @throws PyTorchError if it is none of them, or broken.
 */
export async function openContainer(source: ByteSource, unknown: UnknownNames): Promise<Container> {
  const start = Buffer.from((await source.read(0, Math.min(START_BYTES, source.size))).buffer);
  if (start.toString("latin1", 0, 2) === "PK") return openZip(source, unknown);
  if (startsAsLegacy(start)) return openLegacy(source, unknown);
  throw new PyTorchError(null, `not a PyTorch file: ${guess(start)}`);
}

function guess(start: Buffer): string {
  const text = start.toString("latin1");
  if (start.length === 0) return "it is empty";
  if (text.slice(257, 262) === "ustar")
    return "a tar file, which PyTorch wrote before 0.1.10; save it again with a later one";
  if (/^\s*(<!doctype|<html)/i.test(text)) return "a web page, as a failed download leaves it";
  if (text.startsWith("version https://git-lfs")) return "a Git LFS pointer; its content was not fetched";
  if (text.startsWith("\x89HDF\r\n")) return "an HDF5 file";
  if (text.startsWith("\x1f\x8b")) return "a gzip file; unpack it";
  if (text[8] === "{" && /^\s*"/.test(text.slice(9))) return "a safetensors file";
  if (start[0] === 0x80 && start[1]! <= 5) return "a pickle without PyTorch's magic number";
  return `it starts with the bytes ${start.subarray(0, 8).toString("hex")}`;
}
