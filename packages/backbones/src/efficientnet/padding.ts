/**
 * What each variant adds around an image before a convolution. All of them are written with stock layers: the
 * convolution's own padding "same" or "valid" where that adds as much, which costs nothing, and otherwise a layer of zeros
 * before a "valid" one.
 */

/** Rows above and below, and as many columns to the left and to the right. */
export type Border = readonly [before: number, after: number];

/** How borders are computed. */
export type Padding =
  /** As TensorFlow does for the image at hand: ⌈size / stride⌉ outputs, an odd row after. */
  | { readonly kind: "same" }
  /**
   * As TensorFlow does for an image of another input size, `size` pixels, in the same place of the network; the first
   * convolution with none.
   */
  | { readonly kind: "as-for"; readonly size: number; readonly stem: "same" | "none" }
  /** Half the kernel on either side. */
  | { readonly kind: "symmetric" };

/** The border that gives ⌈size / stride⌉ outputs. */
export function sameBorder(size: number, kernelSize: number, stride: number): Border {
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernelSize - size, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** Follows the size of an image through the network, from one convolution with a border to the next. */
export class Borders {
  /** Size of the image that borders are computed for. */
  #planned: number;

  constructor(
    private readonly padding: Padding,
    inputSize: number,
  ) {
    this.#planned = padding.kind === "as-for" ? padding.size : inputSize;
  }

  /** The border of the first convolution. */
  stem(kernelSize: number, stride: number): Border {
    const border = this.next(kernelSize, stride);
    return this.padding.kind === "as-for" && this.padding.stem === "none" ? [0, 0] : border;
  }

  /** The border of the next convolution. */
  next(kernelSize: number, stride: number): Border {
    if (this.padding.kind === "symmetric") return [kernelSize >> 1, kernelSize >> 1];
    const border = sameBorder(this.#planned, kernelSize, stride);
    this.#planned = Math.ceil(this.#planned / stride);
    return border;
  }
}
