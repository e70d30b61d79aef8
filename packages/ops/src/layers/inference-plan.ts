/**
 * How a model infers: a list of steps, each a group of layers that one kernel computes or a layer by itself. It does what
 * the library's executor does for a model in inference, without working out the order anew and with fewer kernels.
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import { type Graph, graphOf } from "./graph.js";
import { type Group, groupAt } from "./groups.js";
import { type CallArguments, isHooked, type Layer, passesMasks } from "./stock-layer.js";

interface PlannedStep {
  readonly run: (inputs: readonly tf.Tensor[], kwargs: CallArguments) => readonly tf.Tensor[] | undefined;
  /** Numbers of values. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Values that nothing after the step needs. */
  readonly last: readonly number[];
}

export interface InferencePlan {
  /** Convolutions that compute the activation of a layer after them. */
  readonly activating: readonly Layer[];
  /** Layers that the kernel of a convolution beside them computes, activations aside. */
  readonly joined: readonly Layer[];
  /** The outputs; undefined where the layers themselves have to compute them. */
  run(inputs: readonly tf.Tensor[], kwargs: CallArguments): tf.Tensor[] | undefined;
}

/** The plan of a model that executes its layers as the library's models do; undefined where layers make masks. */
export function inferencePlan(model: LayersModel): InferencePlan | undefined {
  const graph = graphOf(model);
  if (!graph.tensors.every(({ sourceLayer }) => passesMasks(sourceLayer))) return undefined;
  const groups = groupsIn(graph);
  const planned = numbered(model, stepsOf(model, graph, groups));
  const layers = new Set(groups.flatMap(({ members }) => members.map(({ sourceLayer }) => sourceLayer)));
  const calls = [...layers].map((layer) => [layer, layer.call] as const);
  return {
    activating: groups.flatMap(({ activating }) => activating),
    joined: groups.flatMap(({ joined }) => joined),
    run(inputs, kwargs) {
      if (inputs.length !== model.inputs.length) return undefined;
      if (calls.some(([layer, call]) => layer.call !== call || isHooked(layer))) return undefined;
      return planned(inputs, kwargs);
    },
  };
}

/** Groups that have no tensor in common. */
function groupsIn(graph: Graph): Group[] {
  const taken = new Set<SymbolicTensor>();
  const groups: Group[] = [];
  for (const tensor of graph.tensors) {
    const group = groupAt(graph, tensor, taken);
    if (group === undefined) continue;
    for (const member of group.members) taken.add(member);
    groups.push(group);
  }
  return groups;
}

interface OrderedStep extends Pick<Group, "inputs" | "outputs"> {
  readonly run: PlannedStep["run"];
}

/** The steps in an order in which each finds its inputs. */
function stepsOf(model: LayersModel, { tensors }: Graph, groups: readonly Group[]): OrderedStep[] {
  const groupOf = new Map(groups.flatMap((group) => group.members.map((member) => [member, group] as const)));
  const done = new Set<SymbolicTensor>(model.inputs);
  const steps: OrderedStep[] = [];
  for (const tensor of tensors) {
    const group = groupOf.get(tensor);
    // A group computes its outputs where the first of them stands: what it needs stands before.
    if (done.has(tensor) || (group !== undefined && group.outputs[0] !== tensor)) continue;
    const step = group ?? layerStep(tensor);
    for (const output of step.outputs) done.add(output);
    steps.push(step);
  }
  return steps;
}

/** A layer by itself, at one of its places. */
function layerStep(tensor: SymbolicTensor): OrderedStep {
  const { sourceLayer, nodeIndex, inputs } = tensor;
  const { outputTensors } = sourceLayer.inboundNodes[nodeIndex]!;
  return {
    inputs,
    outputs: outputTensors,
    run: (values, kwargs) => [sourceLayer.apply([...values], kwargs) as tf.Tensor | tf.Tensor[]].flat(),
  };
}

/** A function that runs the steps over a list of values. */
function numbered(model: LayersModel, steps: readonly OrderedStep[]) {
  const numbers = new Map<SymbolicTensor, number>();
  const numberOf = (tensor: SymbolicTensor) => {
    if (!numbers.has(tensor)) numbers.set(tensor, numbers.size);
    return numbers.get(tensor)!;
  };
  const [first, outputs] = [model.inputs.map(numberOf), model.outputs.map(numberOf)];
  const lastUse = new Map<number, number>();
  const planned: PlannedStep[] = steps.map(({ run, inputs, outputs }, at) => {
    const [reads, writes] = [inputs.map(numberOf), outputs.map(numberOf)];
    for (const [i, value] of [...writes, ...reads].entries()) {
      // A layer that keeps state may keep what it gave.
      const { sourceLayer } = (i < writes.length ? outputs[i] : inputs[i - writes.length])!;
      if (!sourceLayer.stateful) lastUse.set(value, at);
    }
    return { run, inputs: reads, outputs: writes, last: [] };
  });
  for (const value of [...first, ...outputs]) lastUse.delete(value);
  const ending = planned.map((step, at) => ({
    ...step,
    last: [...lastUse].filter(([, use]) => use === at).map(([value]) => value),
  }));
  return (inputs: readonly tf.Tensor[], kwargs: CallArguments): tf.Tensor[] | undefined => {
    const values: tf.Tensor[] = [];
    for (const [i, value] of first.entries()) values[value] = inputs[i]!;
    for (const { run, inputs, outputs, last } of ending) {
      const results = run(
        inputs.map((value) => values[value]!),
        kwargs,
      );
      if (results === undefined) return undefined;
      for (const [i, value] of outputs.entries()) values[value] = results[i]!;
      for (const value of last) values[value]!.dispose();
    }
    return outputs.map((value) => values[value]!);
  };
}
