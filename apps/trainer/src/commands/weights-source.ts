/** The flags that say what to read of a PyTorch file; other formats need none. */
import type { PyTorchOptions } from "@roga/weights";

export interface SourceFlags {
  /** Keys that lead to the state dict, with slashes between. */
  readonly entry?: string;
  readonly ignoreUnknown?: boolean;
}

export function sourceOptions({ entry, ignoreUnknown }: SourceFlags): PyTorchOptions {
  return {
    entry: entry?.split("/").filter((key) => key !== ""),
    unknown: ignoreUnknown ? "ignore" : "refuse",
  };
}
