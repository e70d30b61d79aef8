/**
 * Puts back two functions of `node:util` that tfjs-node 4.22 calls in most of its kernels and that newer versions of
 * Node.js no longer have (`isNullOrUndefined` was removed in Node 23; `isArray` is deprecated). Where they exist,
 * nothing changes.
 */
import { createRequire } from "node:module";

export function restoreNodeUtil(): void {
  // The module object that `require` hands out can be extended; an ES module namespace cannot.
  const util: Record<string, unknown> = createRequire(import.meta.url)("node:util");
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
