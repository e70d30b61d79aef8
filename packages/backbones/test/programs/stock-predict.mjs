/**
 * Reads a saved model with stock TensorFlow.js, nothing of this project imported, and prints what it predicts for an image
 * whose value i is sin(i). Arguments: a folder with `model.json` and `weights.bin`, the image's size.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";

const [folder, size] = process.argv.slice(2);
tf.env().set("IS_TEST", true); // leaves out the advice to use another engine
await tf.setBackend("cpu");
const artifacts = JSON.parse(readFileSync(join(folder, "model.json"), "utf8"));
const weights = readFileSync(join(folder, "weights.bin"));
artifacts.weightData = weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength);
const model = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
const pixels = Float32Array.from({ length: size * size * 3 }, (_, i) => Math.sin(i));
console.log(JSON.stringify([...model.predict(tf.tensor4d(pixels, [1, +size, +size, 3])).dataSync()]));
