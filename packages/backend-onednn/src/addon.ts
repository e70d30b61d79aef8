/** The functions of the native addon; `native/*.h` say what each computes and expects. */

/** The number of this interface: raised with every change of a function, here and in native/version.h. */
export const INTERFACE = 6;

export interface Addon extends Kernels {
  /** The number of the interface that it was compiled with. */
  readonly interface: number;
  /** The level of instructions that it was compiled for. */
  readonly level: string;
  /** The version of oneDNN that it runs with. */
  readonly oneDNN: string;
  /** The instructions that oneDNN uses on this machine, by its own name for them. */
  readonly isa: string;

  reserveSlab(bytes: number): ArrayBuffer;
  releasePages(buffer: ArrayBuffer, offset: number, length: number): void;
  setThreads(count: number): void;
  getThreads(): number;
  setBfloat16(on: boolean): void;
  usesBfloat16(): boolean;
  kernelMilliseconds(): number;
  kernelCalls(): number;
  resetKernelTime(): void;
  panelSize(k: number, n: number): number;

  /** The same kernels, done later and in order by a thread of their own; native/queue.h says what the caller owes them. */
  readonly queue: Kernels & {
    setThreads(count: number): void;
    setBfloat16(on: boolean): void;
    /** Waits until at most so many kernels are left. Throws what a kernel threw since the last wait. */
    finish(left: number): void;
    /** Calls back from the event loop when the kernels are done that are in the queue now. */
    whenDone(callback: () => void): void;
    /** With true, kernels run when something waits for them. */
    hold(on: boolean): void;
    /** Holds the queue and waits for the kernel that is running. */
    pause(): void;
  };
}

/** What reads and writes arrays, and gives nothing back. */
export interface Kernels {
  matmul(
    a: Float32Array,
    b: Float32Array,
    out: Float32Array,
    batch: number,
    m: number,
    n: number,
    k: number,
    transposeA: boolean,
    transposeB: boolean,
    sharedA: boolean,
    sharedB: boolean,
  ): void;
  convolution(
    shape: Int32Array,
    x: Float32Array,
    filter: Float32Array,
    bias: Float32Array | undefined,
    y: Float32Array,
    activation: number,
    alpha: number,
  ): void;
  convolutionBackwardInput(shape: Int32Array, dy: Float32Array, filter: Float32Array, dx: Float32Array): void;
  convolutionBackwardFilter(shape: Int32Array, x: Float32Array, dy: Float32Array, dfilter: Float32Array): void;
  packFilter(w: Float32Array, k: number, n: number, panels: Float32Array): void;
  pointwise(
    x: Float32Array,
    w: Float32Array,
    panels: Float32Array | undefined,
    bias: Float32Array | undefined,
    gate: Float32Array | undefined,
    addend: Float32Array | undefined,
    y: Float32Array,
    images: number,
    rows: number,
    k: number,
    n: number,
    activation: number,
    alpha: number,
  ): void;
  biasActivation(y: Float32Array, bias: Float32Array | undefined, activation: number, alpha: number): void;
  depthwise(
    shape: Int32Array,
    x: Float32Array,
    factors: Float32Array | undefined,
    before: number,
    filter: Float32Array,
    bias: Float32Array | undefined,
    y: Float32Array,
    activation: number,
    alpha: number,
  ): void;
  depthwiseMean(
    shape: Int32Array,
    x: Float32Array,
    factors: Float32Array | undefined,
    before: number,
    filter: Float32Array,
    bias: Float32Array | undefined,
    y: Float32Array,
    mean: Float32Array,
    activation: number,
    alpha: number,
  ): void;
  expandedDepthwise(
    shape: Int32Array,
    x: Float32Array,
    channels: number,
    expansion: Float32Array,
    panels: Float32Array | undefined,
    expandBias: Float32Array | undefined,
    expandActivation: number,
    filter: Float32Array,
    bias: Float32Array | undefined,
    y: Float32Array,
    mean: Float32Array | undefined,
    activation: number,
  ): void;
  separable(
    shape: Int32Array,
    x: Float32Array,
    factors: Float32Array | undefined,
    before: number,
    filter: Float32Array,
    depthwiseBias: Float32Array | undefined,
    depthwiseActivation: number,
    w: Float32Array,
    n: number,
    panels: Float32Array | undefined,
    bias: Float32Array | undefined,
    addend: Float32Array | undefined,
    y: Float32Array,
    activation: number,
  ): void;
  depthwiseBackward(
    shape: Int32Array,
    x: Float32Array | undefined,
    factors: Float32Array | undefined,
    before: number,
    dy: Float32Array,
    filter: Float32Array | undefined,
    dx: Float32Array | undefined,
    dfilter: Float32Array | undefined,
    sums: Float64Array | undefined,
  ): void;
  prepare(
    x: Float32Array,
    factors: Float32Array | undefined,
    channels: number,
    activation: number,
    addend: Float32Array | undefined,
    y: Float32Array,
  ): void;
  batchNormTraining(
    x: Float32Array,
    gamma: Float32Array | undefined,
    beta: Float32Array | undefined,
    y: Float32Array | undefined,
    mean: Float32Array,
    variance: Float32Array,
    factors: Float32Array,
    epsilon: number,
    activation: number,
  ): void;
  batchNormTrainingBackward(
    dy: Float32Array,
    x: Float32Array,
    gamma: Float32Array | undefined,
    beta: Float32Array | undefined,
    mean: Float32Array,
    variance: Float32Array,
    sums: Float64Array | undefined,
    dx: Float32Array,
    dgamma: Float32Array,
    dbeta: Float32Array,
    epsilon: number,
    activation: number,
  ): void;
  batchNorm(
    x: Float32Array,
    mean: Float32Array,
    variance: Float32Array,
    scale: Float32Array | undefined,
    offset: Float32Array | undefined,
    y: Float32Array,
    epsilon: number,
  ): void;
  batchNormBackward(
    dy: Float32Array,
    x: Float32Array,
    mean: Float32Array,
    variance: Float32Array,
    scale: Float32Array | undefined,
    dx: Float32Array,
    dmean: Float32Array,
    dvariance: Float32Array,
    dscale: Float32Array,
    doffset: Float32Array,
    epsilon: number,
  ): void;
  maxPool(shape: Int32Array, x: Float32Array, factors: Float32Array | undefined, before: number, y: Float32Array): void;
  maxPoolBackward(
    shape: Int32Array,
    x: Float32Array,
    factors: Float32Array | undefined,
    before: number,
    dy: Float32Array,
    dx: Float32Array,
  ): void;
  averagePool(shape: Int32Array, x: Float32Array, y: Float32Array): void;
  averagePoolBackward(shape: Int32Array, dy: Float32Array, dx: Float32Array): void;
  unary(operation: number, x: Float32Array, y: Float32Array, alpha: number, beta: number): void;
  unaryGradient(
    operation: number,
    dy: Float32Array,
    saved: Float32Array,
    out: Float32Array,
    alpha: number,
    beta: number,
  ): void;
  binary(operation: number, a: Float32Array, b: Float32Array, out: Float32Array, dims: Int32Array): void;
  compare(operation: number, a: Float32Array, b: Float32Array, out: Uint8Array, dims: Int32Array): void;
  select(condition: Uint8Array, a: Float32Array, b: Float32Array, out: Float32Array, block: number): void;
  addN(inputs: Float32Array[], out: Float32Array): void;
  fill(out: Float32Array, value: number): void;
  intsToFloats(x: Int32Array, y: Float32Array): void;
  bytesToFloats(x: Uint8Array, y: Float32Array): void;
  floatsToInts(x: Float32Array, y: Int32Array): void;
  reduce(
    operation: number,
    x: Float32Array,
    out: Float32Array,
    outer: number,
    middle: number,
    inner: number,
    scale: number,
  ): void;
  reduceProduct(
    x: Float32Array,
    y: Float32Array,
    out: Float32Array,
    outer: number,
    middle: number,
    inner: number,
  ): void;
  copyRows(
    x: Float32Array,
    y: Float32Array,
    rows: number,
    length: number,
    xOffset: number,
    xStride: number,
    yOffset: number,
    yStride: number,
  ): void;
  transpose(x: Float32Array, y: Float32Array, dims: Int32Array): void;
  remap(x: Float32Array, y: Float32Array, axes: Int32Array, value: number): void;
  softmax(x: Float32Array, y: Float32Array, rows: number, columns: number): void;
  softmaxBackward(dy: Float32Array, y: Float32Array, dx: Float32Array, rows: number, columns: number): void;
  resizeBilinear(
    x: Float32Array,
    y: Float32Array,
    shape: Int32Array,
    alignCorners: boolean,
    halfPixelCenters: boolean,
  ): void;
  resizeBackward(
    dy: Float32Array,
    dx: Float32Array,
    shape: Int32Array,
    nearest: boolean,
    alignCorners: boolean,
    halfPixelCenters: boolean,
  ): void;
  listScale(x: Float32Array[], out: Float32Array[], factor: Float32Array | undefined, alpha: number): void;
  listAxpy(
    x: Float32Array[],
    y: Float32Array[],
    out: Float32Array[],
    factor: Float32Array | undefined,
    alpha: number,
  ): void;
  listNorm(x: Float32Array[], out: Float32Array): void;
  listDot(x: Float32Array[], y: Float32Array[], out: Float32Array): void;
  listSquares(x: Float32Array[], out: Float32Array): void;
  listCombine(x: Float32Array[], factors: Float32Array, out: Float32Array[]): void;
  averageUpdate(v: Float32Array[], x: Float32Array[], newV: Float32Array[], rate: number): void;
  sgdUpdate(
    v: Float32Array[],
    g: Float32Array[],
    m: Float32Array[],
    newV: Float32Array[],
    newM: Float32Array[],
    learningRate: number,
    momentum: number,
    nesterov: boolean,
    weightDecay: number,
  ): void;
  adamUpdate(
    v: Float32Array[],
    g: Float32Array[],
    m: Float32Array[],
    s: Float32Array[],
    newV: Float32Array[],
    newM: Float32Array[],
    newS: Float32Array[],
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    weightDecay: number,
    correction: number,
  ): void;
}
