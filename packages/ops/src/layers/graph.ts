/** The graph of a model's tensors, as the model's own execution walks it: from the outputs to the inputs. */
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";

export interface Graph {
  /** All tensors that the outputs are computed from, and these, each after those that it is computed from. */
  readonly tensors: readonly SymbolicTensor[];
  readonly outputs: ReadonlySet<SymbolicTensor>;
  /** Who reads a tensor, as often as it does. */
  readonly consumers: ReadonlyMap<SymbolicTensor, readonly SymbolicTensor[]>;
}

/** @param model a built model, which the walk does not leave through its inputs */
export function graphOf(model: LayersModel): Graph {
  const leaves = new Set(model.inputs);
  const inputsOf = (tensor: SymbolicTensor) => (leaves.has(tensor) ? [] : tensor.inputs);
  const found = new Set<SymbolicTensor>();
  const open = model.outputs.map((tensor) => ({ tensor, next: 0 })).reverse();
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const { tensor } = top;
    const input = inputsOf(tensor)[top.next++];
    if (found.has(tensor) || input === undefined) {
      found.add(tensor);
      open.pop();
    } else if (!found.has(input)) {
      open.push({ tensor: input, next: 0 });
    }
  }
  const consumers = new Map<SymbolicTensor, SymbolicTensor[]>();
  for (const tensor of found) {
    for (const input of inputsOf(tensor)) consumers.set(input, [...(consumers.get(input) ?? []), tensor]);
  }
  return { tensors: [...found], outputs: new Set(model.outputs), consumers };
}

/** Who reads a tensor if that is one alone, and the tensor is no output. */
export function onlyConsumer({ outputs, consumers }: Graph, tensor: SymbolicTensor): SymbolicTensor | undefined {
  const [consumer, ...others] = consumers.get(tensor) ?? [];
  return outputs.has(tensor) || others.length > 0 ? undefined : consumer;
}
