/** The problems of the PyTorch fixture of RoGA's relatives, at its initial values. */
import type { DomainForward, JointLosses } from "@roga/optimizer";
import { type FixtureTensor, readFixture } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { tinyModel } from "./tiny-model.js";

type Tensors = Readonly<Record<string, FixtureTensor>>;

/** One run of the fixture. */
interface AlgorithmCase {
  readonly title: string;
  readonly algorithm: string;
  readonly problem: "net" | "quadratic" | "softmax";
  readonly options: Readonly<Record<string, unknown>>;
  readonly base: { readonly name: "sgd" | "adam"; readonly options: Readonly<Record<string, number>> };
  readonly steps: readonly {
    readonly losses: readonly number[];
    readonly gradientNorm?: number;
    readonly penalty?: number;
  }[];
  readonly after: Tensors;
}

/** What `tools/reference-fixtures/optimizer/algorithms.py` wrote. */
interface AlgorithmsFixture {
  readonly quadratic: { readonly initial: Tensors; readonly centres: Tensors; readonly factors: Tensors };
  readonly softmax: { readonly initial: Tensors; readonly inputs: Tensors; readonly labels: readonly number[] };
  readonly cases: readonly AlgorithmCase[];
}

export const fixture = readFixture<AlgorithmsFixture>(import.meta.url, "../fixtures/algorithms.json");

/** Variables and closures to take steps with. */
interface Problem {
  readonly variables: readonly tf.Variable[];
  readonly buffers: readonly tf.Variable[];
  readonly domainLosses: Readonly<Record<string, DomainForward>>;
  readonly jointLosses?: JointLosses;
  dispose(): void;
}

const tensor = ({ values, shape }: FixtureTensor) => tf.tensor([...values], [...shape]);
const variablesOf = (initial: Tensors) =>
  Object.values(initial).map((value) => tf.tidy(() => tf.variable(tensor(value))));

function quadratic(): Problem {
  const { initial, centres, factors } = fixture.quadratic;
  const variables = variablesOf(initial);
  const domains = Object.keys(centres).map((name) => ({ name, c: tensor(centres[name]!), b: tensor(factors[name]!) }));
  const loss = (c: tf.Tensor, b: tf.Tensor) => {
    const x = tf.concat(variables.map((variable) => tf.reshape(variable, [-1])));
    const residual = tf.matMul(b as tf.Tensor2D, tf.reshape(tf.sub(x, c), [-1, 1]));
    return tf.mul(tf.sum(tf.square(residual)), 0.5) as tf.Scalar;
  };
  return {
    variables,
    buffers: [],
    domainLosses: Object.fromEntries(domains.map(({ name, c, b }) => [name, () => loss(c, b)])),
    dispose: () => tf.dispose([variables, domains.map(({ c, b }) => [c, b])]),
  };
}

function softmax(): Problem {
  const { initial, inputs, labels } = fixture.softmax;
  const variables = variablesOf(initial);
  const [kernel, bias, head, offset] = variables as [tf.Variable, tf.Variable, tf.Variable, tf.Variable];
  const y = tf.tensor1d([...labels], "int32");
  const xs = Object.entries(inputs).map(([name, value]) => ({ name, x: tensor(value) as tf.Tensor2D }));
  const output = (x: tf.Tensor2D) => {
    const features = tf.tanh(tf.add(tf.matMul(x, kernel as unknown as tf.Tensor2D), bias)) as tf.Tensor2D;
    const logits = tf.add(tf.matMul(features, head as unknown as tf.Tensor2D), offset) as tf.Tensor2D;
    const loss = tf.neg(tf.mean(tf.sum(tf.mul(tf.oneHot(y, 3), tf.logSoftmax(logits)), 1))) as tf.Scalar;
    return { loss, logits, labels: y, features };
  };
  return {
    variables,
    buffers: [],
    domainLosses: Object.fromEntries(xs.map(({ name, x }) => [name, () => output(x)])),
    dispose: () => tf.dispose([variables, y, xs.map(({ x }) => x)]),
  };
}

function net(): Problem {
  const { variables, buffers, outputs, jointOutputs, dispose } = tinyModel();
  return { variables, buffers, domainLosses: outputs, jointLosses: jointOutputs, dispose };
}

/** A problem at its initial values. */
export const problems = { net, quadratic, softmax };
