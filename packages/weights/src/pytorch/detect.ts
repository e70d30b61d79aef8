/** Which of PyTorch's formats a file has, by its content. */
import type { ByteSource } from "../files/byte-source.js";
import { guess, START_BYTES } from "../files/guess.js";
import type { Container } from "./container.js";
import { PyTorchError } from "./error.js";
import type { UnknownNames } from "./globals.js";
import { openLegacy, startsAsLegacy } from "./legacy.js";
import { openZip } from "./zip.js";

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
