/**
 * What the package throws. Every class extends `OptimizerError`. A step that throws has changed nothing: the variables,
 * the buffers, the algorithm's own state and the base optimizer are as they were before it.
 */

/** The common ancestor of this package's errors. */
export class OptimizerError extends Error {
  /** @internal */
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** A value as it stands in a message. */
function shown(value: unknown): string {
  if (typeof value === "string") return `"${value}"`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const plain = (_: string, inner: unknown) =>
    typeof inner === "function" || (typeof inner === "number" && !Number.isFinite(inner)) ? String(inner) : inner;
  try {
    return JSON.stringify(value, plain);
  } catch {
    return "an object"; // cyclic, or with a bigint
  }
}

/** An option is unknown, of the wrong type or out of range. */
export class OptionError extends OptimizerError {
  /** Where the option stands, such as `roga.rho`. */
  readonly path: string;

  /** @internal */
  constructor(path: string, expected: string, got: unknown) {
    super(`${path}: expected ${expected}, got ${shown(got)}`);
    this.path = path;
  }
}

/** The context of a step cannot be used: no domain, no variable, a missing weight or joint loss, a step within a step. */
export class StepContextError extends OptimizerError {}

/** A step has other variables than the steps before it. */
export class VariableSetError extends OptimizerError {}

/** A loss closure returned something other than a float32 scalar. */
export class LossShapeError extends OptimizerError {
  /** The domain of the closure. */
  readonly domain: string;
  /** The step, from 0. */
  readonly step: number;

  /** @internal */
  constructor(domain: string, step: number, got: string) {
    super(`step ${step}: the loss of domain "${domain}" must be a float32 scalar, got ${got}`);
    this.domain = domain;
    this.step = step;
  }
}

/** A closure's output lacks what the algorithm needs of it, or has it in a shape that it cannot take. */
export class DomainOutputError extends OptimizerError {
  /** The domain of the closure. */
  readonly domain: string;
  /** The step, from 0. */
  readonly step: number;

  /** @internal */
  constructor(domain: string, step: number, expected: string, got: string) {
    super(`step ${step}: the output of domain "${domain}" must have ${expected}, got ${got}`);
    this.domain = domain;
    this.step = step;
  }
}

/** Variables that no domain's loss depends on: they would never be trained. */
export class DisconnectedVariableError extends OptimizerError {
  /** The names of those variables. */
  readonly variables: readonly string[];
  /** The step, from 0. */
  readonly step: number;

  /** @internal */
  constructor(variables: readonly string[], step: number) {
    super(`step ${step}: no loss depends on [${variables.join(", ")}]; leave out variables that are not to be trained`);
    this.variables = variables;
    this.step = step;
  }
}

/** Where a value that is not finite was met. */
export interface NonFiniteDetails {
  /** The domain whose loss it is; several, joined by commas, where one gradient belongs to several. */
  readonly domain: string;
  /** The step, from 0. */
  readonly step: number;
  /** What is not finite. A gradient counts as such when the sum of its squares leaves the float32 range. */
  readonly quantity: "loss" | "gradient";
  /** In the pass at θ, or in one at a perturbed point. */
  readonly pass: "clean" | "perturbed";
  /** The variable, where the quantity is a gradient; otherwise undefined. */
  readonly variable: string | undefined;
}

/** A loss or a gradient is NaN or infinite. Nothing was applied. */
export class NonFiniteError extends OptimizerError implements NonFiniteDetails {
  readonly domain: string;
  readonly step: number;
  readonly quantity: "loss" | "gradient";
  readonly pass: "clean" | "perturbed";
  readonly variable: string | undefined;

  /** @internal */
  constructor(details: NonFiniteDetails, value: number) {
    const { domain, step, quantity, pass, variable } = details;
    const what = variable === undefined ? "the loss" : `the squared norm of the gradient of "${variable}"`;
    super(`step ${step}, domain "${domain}": ${what} is ${value} in the ${pass} pass; nothing was applied`);
    this.domain = domain;
    this.step = step;
    this.quantity = quantity;
    this.pass = pass;
    this.variable = variable;
  }
}

/** A saved state does not fit what it is restored into, or a state cannot be saved at all. */
export class StateError extends OptimizerError {}
