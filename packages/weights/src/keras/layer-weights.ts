/**
 * What the weights of Keras' layers are called, in the order in which Keras 3 numbers them; the names are those of Keras
 * 2, which called a depthwise convolution's kernel after it. Source: the `build` and `save_own_variables` of keras/src/layers.
 */

/** A weight, and the setting of its layer that can do without it. */
type Weight = string | { readonly name: string; readonly unless: string };

const bias: Weight = { name: "bias", unless: "use_bias" };
const gamma: Weight = { name: "gamma", unless: "scale" };
const beta: Weight = { name: "beta", unless: "center" };

const CONVOLUTION: readonly Weight[] = ["kernel", bias];
const DEPTHWISE: readonly Weight[] = ["depthwise_kernel", bias];
const SEPARABLE: readonly Weight[] = ["depthwise_kernel", "pointwise_kernel", bias];

/** By the class, as paths in files have it. */
const WEIGHTS: ReadonlyMap<string, readonly Weight[]> = new Map([
  ["conv1d", CONVOLUTION],
  ["conv2d", CONVOLUTION],
  ["conv3d", CONVOLUTION],
  ["conv1d_transpose", CONVOLUTION],
  ["conv2d_transpose", CONVOLUTION],
  ["conv3d_transpose", CONVOLUTION],
  ["depthwise_conv1d", DEPTHWISE],
  ["depthwise_conv2d", DEPTHWISE],
  ["separable_conv1d", SEPARABLE],
  ["separable_conv2d", SEPARABLE],
  ["dense", CONVOLUTION],
  ["batch_normalization", [gamma, beta, "moving_mean", "moving_variance"]],
  ["layer_normalization", [gamma, beta]],
  ["group_normalization", [gamma, beta]],
  ["normalization", ["mean", "variance", "count"]],
  ["p_re_lu", ["alpha"]],
  ["embedding", ["embeddings"]],
]);

/** A layer's settings. */
export type LayerConfig = Readonly<Record<string, unknown>>;

/**
 * The names of a layer's weights.
 * @param type The layer's class, such as `depthwise_conv2d`.
 * @param count How many there are.
 * @param config The layer's settings, `null` if they are not known.
 * @returns `null` for classes that are not in the table, and where the number of weights does not say which they are.
 */
export function layerWeights(type: string, count: number, config: LayerConfig | null): readonly string[] | null {
  const all = WEIGHTS.get(type);
  if (all === undefined) return null;
  const names = (drop: (unless: string) => boolean) =>
    all.flatMap((weight) => (typeof weight === "string" ? [weight] : drop(weight.unless) ? [] : [weight.name]));
  const optional = all.filter((weight) => typeof weight !== "string").length;
  const guesses =
    config !== null
      ? [names((unless) => config[unless] === false)]
      : // Without the settings it is all of them, or those alone that always are there.
        [names(() => false), ...(optional > 0 ? [names(() => true)] : [])];
  return guesses.find(({ length }) => length === count) ?? null;
}

/** The name under which Keras 2 knows a weight of Keras 3. */
export function olderName(type: string | undefined, weight: string): string {
  return type?.startsWith("depthwise_") && weight === "kernel" ? "depthwise_kernel" : weight;
}
