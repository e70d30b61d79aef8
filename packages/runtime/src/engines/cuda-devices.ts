/**
 * Which GPUs CUDA shows to this process. CUDA reads the environment variable `CUDA_VISIBLE_DEVICES` once, when it
 * starts, so that the choice can be made only before TensorFlow is loaded.
 */
import type { Loaded } from "../engine.js";

const VARIABLE = "CUDA_VISIBLE_DEVICES";

/** What was chosen in this process, and the GPUs that were to be had before. */
let choice: { device: number; among: string | undefined } | undefined;

/**
 * Leaves one GPU visible.
 *
 * @param device index from 0, among those that the variable lists where it is set
 * @param isLoaded whether TensorFlow is loaded already
 * @returns why that cannot be done; `undefined` when it was
 */
export function showOneGpu(device: number, isLoaded: boolean): Loaded | undefined {
  if (choice?.device === device && isLoaded) return undefined;
  if (isLoaded) {
    return {
      available: false,
      reason: `device ${device} was asked for after TensorFlow was loaded with ${choice ? `device ${choice.device}` : "every GPU visible"}`,
      remedy: "Give the device when the engine is first used, or start another process for it",
    };
  }
  const among = choice ? choice.among : process.env[VARIABLE];
  const listed = among?.split(",").map((entry) => entry.trim());
  if (listed !== undefined && device >= listed.length) {
    return {
      available: false,
      reason: `device ${device} was asked for, but ${VARIABLE}="${among}" lists ${listed.length}`,
      remedy: `Ask for a device from 0 to ${listed.length - 1}, or list more in ${VARIABLE}`,
    };
  }
  process.env[VARIABLE] = listed?.[device] ?? String(device);
  choice = { device, among };
  return undefined;
}
