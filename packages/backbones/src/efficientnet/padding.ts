/** What the variants of EfficientNet add around an image before a convolution. */
import type { Padding } from "../layers/padding.js";

/** How a variant pads. */
export type PaddingRule =
  /** As TensorFlow does for the image at hand. */
  | { readonly kind: "same" }
  /** Half the kernel on either side, as is usual in PyTorch. */
  | { readonly kind: "half" }
  /** As TensorFlow does in a network for images of `size` pixels, whatever the images; the first convolution not at all. */
  | { readonly kind: "static"; readonly size: number };

/** Goes through a network from convolution to convolution, and says how each pads. */
export class PaddingPlan {
  /** Size of the images that static paddings are computed for, where the plan has come to. */
  #size: number;

  constructor(private readonly rule: PaddingRule) {
    this.#size = rule.kind === "static" ? rule.size : 0;
  }

  /** Of the first convolution. */
  first(kernelSize: number, stride: number): Padding {
    const padding = this.next(kernelSize, stride);
    return this.rule.kind === "static" ? "valid" : padding;
  }

  /** Of the next one. */
  next(kernelSize: number, stride: number): Padding {
    if (this.rule.kind === "same") return "same";
    if (this.rule.kind === "half") return kernelSize >> 1;
    const outputs = Math.ceil(this.#size / stride);
    const total = Math.max((outputs - 1) * stride + kernelSize - this.#size, 0);
    this.#size = outputs;
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  }
}
