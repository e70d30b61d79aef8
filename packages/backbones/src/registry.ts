/** The architectures by name. */
import type { Backbone, BackboneDefinition, BuildOptions } from "./backbone.js";
import { efficientNetDefinitions } from "./efficientnet/efficientnet.js";
import { UnknownBackboneError } from "./errors.js";
import { mesoInception4Definition } from "./meso/meso-inception4.js";
import { meso4Definition } from "./meso/meso4.js";
import { resNetDefinitions } from "./resnet/resnet.js";
import { xceptionDefinition } from "./xception/xception.js";

/** Every architecture that {@link build} can build. */
export const backbones: readonly BackboneDefinition[] = [
  meso4Definition,
  mesoInception4Definition,
  xceptionDefinition,
  ...efficientNetDefinitions,
  ...resNetDefinitions,
];

/**
 * Builds an architecture by name.
 *
 * @param name the name of one of {@link backbones}
 * @param options see the architecture's own builder
 * @throws UnknownBackboneError when there is none of that name
 * @throws BackboneOptionError when an option is outside its range
 */
export function build(name: string, options: BuildOptions = {}): Backbone {
  const definition = backbones.find((candidate) => candidate.name === name);
  if (definition === undefined) {
    const known = backbones.map((candidate) => candidate.name).join(", ");
    throw new UnknownBackboneError(`backbone: expected one of ${known}, got "${name}"`);
  }
  return definition.build(options);
}
