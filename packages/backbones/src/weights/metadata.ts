/**
 * Which network a file of weights is of, as texts beside its arrays (safetensors' `__metadata__`). Our own names are the same
 * in variants that compute differently, so that nothing else tells them apart.
 */
import type { Backbone } from "../backbone.js";
import { WeightConversionError } from "../errors.js";

/** The keys. */
const BACKBONE = "roga.backbone";
const VARIANT = "roga.variant";

/** Texts of a file that may say which network its weights are of. */
export type WeightMetadata = Readonly<Record<string, string>>;

/** What to write beside a backbone's weights, as `metadata` of `writeWeights`, for {@link loadWeights} to check. */
export function weightMetadata({ name, variant }: Pick<Backbone, "name" | "variant">): WeightMetadata {
  return { [BACKBONE]: name, [VARIANT]: variant };
}

/** Which network a file says that its weights are of; absent what it does not say. */
export interface DescribedNetwork {
  /** The architecture, as `build` takes it. */
  readonly backbone?: string;
  /** The published definition that it follows. */
  readonly variant?: string;
}

/** What a file's metadata say of its network. */
export function describedNetwork(metadata: WeightMetadata): DescribedNetwork {
  const text = (key: string) => (Object.hasOwn(metadata, key) ? metadata[key] : undefined);
  const [backbone, variant] = [text(BACKBONE), text(VARIANT)];
  return { ...(backbone !== undefined && { backbone }), ...(variant !== undefined && { variant }) };
}

/** @throws WeightConversionError when the file says that its weights are of another network or variant */
export function checkMetadata({ name, variant }: Pick<Backbone, "name" | "variant">, metadata: WeightMetadata): void {
  const described = describedNetwork(metadata);
  const same = (described.backbone ?? name) === name && (described.variant ?? variant) === variant;
  if (same) return;
  const theirs = described.backbone ?? name;
  const theirVariant = described.variant === undefined ? "" : ` (${described.variant})`;
  throw new WeightConversionError(
    `${name} (${variant}): the file's metadata say that its weights are of ${theirs}${theirVariant}`,
  );
}
