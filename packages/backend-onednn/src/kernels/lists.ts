/**
 * Operations over lists of tensors, one native call for all of them. An update of an optimizer writes new values over old
 * ones that nobody else sees.
 */
import {
  AdamUpdate,
  type AdamUpdateAttrs,
  type AdamUpdateInputs,
  AverageUpdate,
  type AverageUpdateAttrs,
  type AverageUpdateInputs,
  type ListAttrs,
  ListAxpy,
  ListCombine,
  type ListCombineAttrs,
  type ListCombineInputs,
  ListDot,
  type ListInputs,
  ListNorm,
  type ListPairInputs,
  ListScale,
  type ListScaleAttrs,
  ListSquares,
  SgdUpdate,
  type SgdUpdateAttrs,
  type SgdUpdateInputs,
} from "@roga/ops";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { OnednnBackend } from "../backend.js";
import { kernel, type NativeKernel } from "../register.js";

type Named = Readonly<Record<string, TensorInfo>>;

/** The inputs `<prefix>0` … `<prefix><count − 1>`. */
function listed(inputs: object, prefix: string, count: number): TensorInfo[] {
  return Array.from({ length: count }, (_, index) => (inputs as Named)[`${prefix}${index}`]!);
}

function arrays(backend: OnednnBackend, tensors: readonly TensorInfo[]): Float32Array[] {
  return tensors.map((tensor) => backend.floats(tensor));
}

/** New tensors of the shapes of others. */
function outputsLike(backend: OnednnBackend, tensors: readonly TensorInfo[]) {
  const made = tensors.map(({ shape }) => backend.make(shape));
  return { infos: made.map(({ info }) => info), arrays: made.map(({ values }) => values) };
}

/** The factor as a tensor or as an attribute: the addon takes the first that there is. */
function factor(backend: OnednnBackend, inputs: { alpha?: TensorInfo }, { alpha = 0 }: ListScaleAttrs) {
  return [inputs.alpha && backend.floats(inputs.alpha), alpha] as const;
}

const listScale = kernel<ListInputs, ListScaleAttrs>(ListScale, ({ inputs, attrs, backend }) => {
  const x = listed(inputs, "x", attrs.count);
  const out = outputsLike(backend, x);
  backend.addon.listScale(arrays(backend, x), out.arrays, ...factor(backend, inputs, attrs));
  return out.infos;
});

const listAxpy = kernel<ListPairInputs, ListScaleAttrs>(ListAxpy, ({ inputs, attrs, backend }) => {
  const x = listed(inputs, "x", attrs.count);
  const y = arrays(backend, listed(inputs, "y", attrs.count));
  const out = outputsLike(backend, x);
  backend.addon.listAxpy(arrays(backend, x), y, out.arrays, ...factor(backend, inputs, attrs));
  return out.infos;
});

const listNorm = kernel<ListInputs, ListAttrs>(ListNorm, ({ inputs, attrs: { count }, backend }) => {
  const { info, values } = backend.make([]);
  backend.addon.listNorm(arrays(backend, listed(inputs, "x", count)), values);
  return info;
});

const listDot = kernel<ListPairInputs, ListAttrs>(ListDot, ({ inputs, attrs: { count }, backend }) => {
  const [x, y] = [listed(inputs, "x", count), listed(inputs, "y", count)];
  const { info, values } = backend.make([]);
  backend.addon.listDot(arrays(backend, x), arrays(backend, y), values);
  return info;
});

/**
 * Where each new value goes: over the old one where the backend says that nobody else sees its memory and it is given
 * once only, otherwise into a new tensor.
 */
function updated(backend: OnednnBackend, inputs: object, olds: readonly TensorInfo[]) {
  const uses = new Map<object, number>();
  for (const { dataId } of Object.values(inputs as Named)) uses.set(dataId, (uses.get(dataId) ?? 0) + 1);
  const targets = olds.map((old) => {
    if (uses.get(old.dataId) !== 1 || !backend.solelyOwned(old)) return backend.make(old.shape);
    backend.incRef(old.dataId);
    backend.panels.forget(old.dataId);
    return { info: { dataId: old.dataId, shape: old.shape, dtype: old.dtype }, values: backend.floats(old) };
  });
  return { infos: targets.map(({ info }) => info), arrays: targets.map(({ values }) => values) };
}

const listSquares = kernel<ListInputs, ListAttrs>(ListSquares, ({ inputs, attrs: { count }, backend }) => {
  const { info, values } = backend.make([count]);
  backend.addon.listSquares(arrays(backend, listed(inputs, "x", count)), values);
  return info;
});

/** The addon takes lists of at most so many arrays. */
const MOST_ARRAYS = 4096;

const listCombine = kernel<ListCombineInputs, ListCombineAttrs>(ListCombine, ({ inputs, attrs, backend }) => {
  const { count, lists, over } = attrs;
  const all = listed(inputs, "x", lists * count);
  const x = Array.from({ length: lists }, (_, j) => all.slice(j * count, (j + 1) * count));
  const out = over === undefined ? outputsLike(backend, x[0]!) : updated(backend, inputs, x[over]!);
  const factors = inputs.factors === undefined ? Float32Array.from(attrs.factors!) : backend.floats(inputs.factors);
  const part = Math.max(1, Math.floor(MOST_ARRAYS / lists));
  for (let from = 0; from < count; from += part) {
    const cut = <T>(list: readonly T[]) => list.slice(from, from + part);
    backend.addon.listCombine(arrays(backend, x.flatMap(cut)), factors, cut(out.arrays));
  }
  return out.infos;
});

/** The lists of one kind after another, as the outputs are ordered: all kinds of the first variable, then the next. */
function interleaved(kinds: readonly TensorInfo[][]): TensorInfo[] {
  return kinds[0]!.flatMap((_, index) => kinds.map((kind) => kind[index]!));
}

const sgdUpdate = kernel<SgdUpdateInputs, SgdUpdateAttrs>(SgdUpdate, ({ inputs, attrs, backend }) => {
  const { count, learningRate, momentum, nesterov, weightDecay } = attrs;
  const v = listed(inputs, "v", count);
  const m = momentum === 0 ? [] : listed(inputs, "m", count);
  const [newV, newM] = [updated(backend, inputs, v), updated(backend, inputs, m)];
  backend.addon.sgdUpdate(
    arrays(backend, v),
    arrays(backend, listed(inputs, "g", count)),
    arrays(backend, m),
    newV.arrays,
    newM.arrays,
    learningRate,
    momentum,
    nesterov,
    weightDecay,
  );
  return momentum === 0 ? newV.infos : interleaved([newV.infos, newM.infos]);
});

const adamUpdate = kernel<AdamUpdateInputs, AdamUpdateAttrs>(AdamUpdate, ({ inputs, attrs, backend }) => {
  const { count, learningRate, beta1, beta2, epsilon, weightDecay, step } = attrs;
  const [v, m, s] = [listed(inputs, "v", count), listed(inputs, "m", count), listed(inputs, "s", count)];
  const [newV, newM, newS] = [updated(backend, inputs, v), updated(backend, inputs, m), updated(backend, inputs, s)];
  backend.addon.adamUpdate(
    arrays(backend, v),
    arrays(backend, listed(inputs, "g", count)),
    arrays(backend, m),
    arrays(backend, s),
    newV.arrays,
    newM.arrays,
    newS.arrays,
    learningRate / (1 - beta1 ** step),
    beta1,
    beta2,
    epsilon,
    weightDecay,
    Math.sqrt(1 - beta2 ** step),
  );
  return interleaved([newV.infos, newM.infos, newS.infos]);
});

const averageUpdate = kernel<AverageUpdateInputs, AverageUpdateAttrs>(AverageUpdate, ({ inputs, attrs, backend }) => {
  const [v, x] = [listed(inputs, "v", attrs.count), listed(inputs, "x", attrs.count)];
  const moved = updated(backend, inputs, v);
  backend.addon.averageUpdate(arrays(backend, v), arrays(backend, x), moved.arrays, attrs.rate);
  return moved.infos;
});

export const listKernels: readonly NativeKernel[] = [
  listScale,
  listAxpy,
  listNorm,
  listDot,
  listSquares,
  listCombine,
  sgdUpdate,
  adamUpdate,
  averageUpdate,
];
