/** ResNets against PyTorch in float64; `useTestEngine` picks the engine. */
import "@tensorflow/tfjs";
import { parityTests } from "./parity.js";

parityTests(import.meta.url, "fixtures/resnet.json");
