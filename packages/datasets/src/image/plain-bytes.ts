/**
 * Node's Buffer as the Uint8Array that it extends, over the same memory. `Buffer.slice` shares memory where
 * `Uint8Array.slice` copies, so a Buffer handed out as a Uint8Array would surprise its receiver.
 */
export function plainBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
