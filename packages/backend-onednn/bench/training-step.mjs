/**
 * Whole training steps (forward, cross-entropy, backward, SGD with momentum) through the ordinary TensorFlow.js API, beside
 * eager PyTorch in each of its modes, in interleaved rounds:
 *
 *     node bench/training-step.mjs [--net xception|efficientnet-b0|efficientnet-b4] [--size 256] [--batch 8] [--rounds 7]
 *         [--steps 3] [--warmup 2] [--threads 2] [--backend onednn] [--bf16] [--only channels_last,tcmalloc]
 */
import { contest, loadNotice, resultTable } from "./contest.mjs";
import { contestOptions, readOptions } from "./options.mjs";
import { ours, productRates, pytorch, selected } from "./peers.mjs";
import { short } from "./statistics.mjs";

const options = readOptions(contestOptions);
const { net, size, batch, threads, rounds, steps } = options;
const own = ours("training", options);
const entries = selected([own, ...pytorch("training", options)], options.only);
const rates = productRates(options);
console.log(`${net}, ${size} px, batch ${batch}, ${threads} threads: training step, ${rounds} rounds of ${steps}`);
console.log(`PyTorch ${rates.version}: BLAS ${short(rates.blas)}, 1×1 convolution ${short(rates.convolution)} Gflop/s`);
if (rates.blas < rates.convolution / 2)
  console.warn("PyTorch's BLAS is slow: see OPENBLAS_CORETYPE, or install OpenBLAS");
console.log(loadNotice());
const results = await contest(entries, { ...options, log: console.error });
console.log(`\n${resultTable(results, options)}`);
if (results.some(({ failure }) => failure)) process.exitCode = 1;
