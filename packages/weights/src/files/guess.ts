/** What a file seems to be that is none of those that are read: the rest of an error. */

/** Enough for every signature: that of tar files lies at byte 257. */
export const START_BYTES = 512;

/** HDF5's signature stands at byte 0, or at 512, 1024 and so on where something precedes it. */
export const HDF5_SIGNATURE = "\x89HDF\r\n\x1a\n";

/**
 * A guess in words.
 * @param start The first {@link START_BYTES} of the file, or all if it has fewer.
 */
export function guess(start: Buffer): string {
  const text = start.toString("latin1");
  if (start.length === 0) return "it is empty";
  if (text.slice(257, 262) === "ustar") {
    return "a tar file; PyTorch wrote such before 0.1.10: save it again with a later one";
  }
  if (/^\s*(<!doctype|<html)/i.test(text)) return "a web page, as a failed download leaves it";
  if (text.startsWith("version https://git-lfs")) return "a Git LFS pointer, whose content was not fetched";
  if (text.startsWith(HDF5_SIGNATURE)) return "an HDF5 file";
  if (text.startsWith("\x1f\x8b")) return "a gzip file; unpack it";
  if (text[8] === "{" && /^\s*"/.test(text.slice(9))) return "a safetensors file";
  if (start[0] === 0x80 && (start[1] ?? 9) <= 5) return "a pickle without PyTorch's magic number";
  return `it starts with the bytes ${start.subarray(0, 8).toString("hex")}`;
}
