/**
 * The algorithms on problems whose ERM optimum is known: quadratics, shifted Rosenbrock functions, and logistic regression
 * on two domains. Each problem states its losses twice, for TensorFlow.js and in float64, where its optimum comes from.
 */
import { sgd } from "@roga/optimizer";
import { stream } from "@roga/tensor-utils/random";
import * as tf from "@tensorflow/tfjs-core";
import { methods, train } from "./methods.mjs";
import { minimize } from "./minimize.mjs";

/** How every run is trained. */
const settings = { steps: 200, learningRate: 0.1 };

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Parameters are a column, so that they count as a weight matrix where the ascent is adaptive; this makes a list of it. */
const flat = (theta) => tf.reshape(theta, [-1]);

/** L_k = ½ Σ_i a_ki (θ_i − c_ki)², with curvatures from 1 to 10 in another order in each of three domains. */
const quadratic = {
  title: "quadratic",
  initial: [2, -2, 2, -2],
  domains: {
    a: { curvature: [1, 2, 5, 10], centre: [1, 0, -1, 0.5] },
    b: { curvature: [10, 1, 2, 5], centre: [0.5, 1, 0, -1] },
    c: { curvature: [5, 10, 1, 2], centre: [0, 0.5, 1, -0.5] },
  },
  forward({ curvature, centre }) {
    const [a, c] = [tf.tensor1d(curvature), tf.tensor1d(centre)];
    return (theta) => tf.mul(tf.sum(tf.mul(a, tf.square(tf.sub(flat(theta), c)))), 0.5);
  },
  loss64({ curvature, centre }) {
    return (theta) => 0.5 * curvature.reduce((sum, a, i) => sum + a * (theta[i] - centre[i]) ** 2, 0);
  },
};

/** L_k = (1 − x)² + 10 (y − x²)² about another origin in each of three domains. */
const rosenbrock = {
  title: "Rosenbrock",
  initial: [-1, 1],
  domains: { a: [0, 0], b: [0.1, 0], c: [0, 0.1] },
  forward(origin) {
    return (theta) => {
      const [x, y] = tf.unstack(tf.sub(flat(theta), origin));
      return tf.add(tf.square(tf.sub(1, x)), tf.mul(10, tf.square(tf.sub(y, tf.square(x)))));
    };
  },
  loss64([s, t]) {
    return ([x, y]) => (1 - x + s) ** 2 + 10 * (y - t - (x - s) ** 2) ** 2;
  },
};

/** 64 samples of a constant, a feature of the class and a spurious one, which agree with the label at these rates. */
function samples(name, shape, colour) {
  const random = stream("test problems", "logistic", name);
  return Array.from({ length: 64 }, () => {
    const label = random.uniform() < 0.5 ? 0 : 1;
    const side = (rate) => (random.uniform() < rate ? 1 : -1) * (2 * label - 1);
    return { x: [1, random.normal(side(shape), 0.5), random.normal(side(colour), 0.5)], label };
  });
}

/** Logistic regression; features are the products of inputs and weights, whose sum is the logit. */
const logistic = {
  title: "logistic",
  initial: [0, 0, 0],
  domains: { a: samples("a", 0.75, 0.9), b: samples("b", 0.75, 0.8) },
  parts: true,
  forward(data) {
    const inputs = tf.tensor2d(data.map(({ x }) => x));
    const labels = tf.tensor1d(data.map(({ label }) => label));
    return (theta) => {
      const features = tf.mul(inputs, flat(theta));
      const logits = tf.sum(features, 1);
      return { loss: tf.losses.sigmoidCrossEntropy(labels, logits), logits, labels, features };
    };
  },
  loss64(data) {
    const loss = ({ x, label }, theta) => {
      const z = x.reduce((sum, value, i) => sum + value * theta[i], 0);
      return Math.max(z, 0) - z * label + Math.log1p(Math.exp(-Math.abs(z)));
    };
    return (theta) => mean(data.map((sample) => loss(sample, theta)));
  },
};

/** The penalty of an algorithm at a point, by a step that goes nowhere. */
async function penaltyAt(algorithm, problem) {
  const { penalty } = await algorithm.step({ ...problem, baseOptimizer: sgd({ learningRate: 0 }) });
  algorithm.dispose();
  return penalty;
}

/** Runs every algorithm that the problem has enough for. */
async function runs({ initial, domains, forward, loss64, parts }) {
  const losses = Object.values(domains).map(loss64);
  const objective = (theta) => mean(losses.map((loss) => loss(theta)));
  const optimum = minimize(objective, initial);
  const found = (theta) => ({
    excess: objective(theta) - objective(optimum),
    distance: Math.hypot(...theta.map((value, i) => value - optimum[i])),
    worst: Math.max(...losses.map((loss) => loss(theta))),
  });
  const theta = tf.variable(tf.tensor2d(initial, [initial.length, 1]));
  const put = (values) => tf.tidy(() => theta.assign(tf.tensor2d(values, [values.length, 1])));
  const closures = Object.entries(domains).map(([name, data]) => [name, forward(data)]);
  const domainLosses = Object.fromEntries(closures.map(([name, closure]) => [name, () => closure(theta)]));
  const problem = { variables: [theta], domainLosses };
  const algorithms = {};
  for (const { name, make, parts: needs } of methods) {
    if (needs && !parts) continue;
    put(initial);
    const algorithm = make(settings.steps);
    await train(algorithm, problem, settings);
    algorithm.dispose();
    const end = [...theta.dataSync()];
    const penalty = await penaltyAt(make(settings.steps), problem);
    put(optimum);
    const penaltyAtOptimum = await penaltyAt(make(settings.steps), problem);
    algorithms[name] = { ...found(end), ...(penalty !== undefined && { penalty, penaltyAtOptimum }) };
  }
  theta.dispose();
  return { start: found(initial), optimum: found(optimum), algorithms };
}

const all = [quadratic, rosenbrock, logistic];

/**
 * What every algorithm reaches on every problem, beside the problem's start and its ERM optimum.
 *
 * @param titles which problems to run; by default all
 */
export async function testProblems(titles = all.map(({ title }) => title)) {
  const results = [];
  for (const problem of all.filter(({ title }) => titles.includes(title))) {
    results.push({ title: problem.title, ...(await runs(problem)) });
  }
  return results;
}

const short = (value, least) => (Math.abs(value) < least ? `< ${least.toExponential()}` : value.toExponential(1));

/** The rows of the table of losses and distances. */
export function distanceRows(results) {
  const cells = (run) => (run ? [short(run.excess, 1e-6), short(run.distance, 1e-3)] : ["", ""]);
  return [
    ["", ...results.flatMap(({ title }) => [`${title}: L − L*`, "‖θ − θ*‖"])],
    ["at the start", ...results.flatMap(({ start }) => cells(start))],
    ...methods.map(({ name }) => [`\`${name}\``, ...results.flatMap(({ algorithms }) => cells(algorithms[name]))]),
  ];
}

/** The rows of the table of what algorithms with an objective of their own make smaller. */
export function objectiveRows(results) {
  const value = (number) => number.toPrecision(2);
  const penalties = results.flatMap(({ title, algorithms }) =>
    Object.entries(algorithms)
      .filter(([, { penalty }]) => penalty !== undefined)
      .map(([name, run]) => [`\`${name}\``, title, "its penalty", run.penaltyAtOptimum, run.penalty]),
  );
  const worst = results.map(({ title, optimum, algorithms }) => {
    return ["`groupDro`", title, "largest loss of a domain", optimum.worst, algorithms.groupDro.worst];
  });
  const rows = [...worst, ...penalties].map(([name, title, what, before, after]) => {
    return [name, title, what, value(before), value(after)];
  });
  return [["", "problem", "quantity", "at ERM's optimum", "where it ends"], ...rows];
}
