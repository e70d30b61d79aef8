/**
 * Trains the small net on as many threads as the first argument says, for as many steps as the second, and prints a digest
 * of all bits and how often native functions were called. TensorFlow.js is imported first, then the backend.
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { configure, nativeTime, resetNativeTime } from "../../src/index.js";
import { digest } from "../support/digest.js";
import { SHARED, train } from "../support/small-net.js";

const [threads, steps] = process.argv.slice(2).map(Number) as [number, number];
configure({ threads });
await tf.setBackend("onednn");
resetNativeTime();
console.log(digest(train(SHARED, steps)));
console.log(nativeTime().calls);
