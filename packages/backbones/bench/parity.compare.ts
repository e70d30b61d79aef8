/** Compares the networks of one file, which `bench/parity.mjs` names, with PyTorch. */
import "@tensorflow/tfjs";
import { pathToFileURL } from "node:url";
import { parityTests } from "../test/parity.js";

parityTests(import.meta.url, pathToFileURL(process.env.PARITY_FIXTURE!).href);
