/** Trains the small net with as many threads as the first argument says, and prints a digest of all bits. */

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import { configure } from "../../src/index.js";
import { digest } from "../support/digest.js";
import { SHARED, train } from "../support/small-net.js";

configure({ threads: Number(process.argv[2]) });
await tf.setBackend("onednn");
console.log(digest(train(SHARED, Number(process.argv[3]))));
