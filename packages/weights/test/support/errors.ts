/** What a broken file is refused with. */
import { WeightsError } from "@roga/weights";

/** The error that an action throws; fails if it throws none, or one that is no {@link WeightsError}. */
export async function errorOf(action: () => unknown): Promise<WeightsError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof WeightsError) return error;
    throw error;
  }
  throw new Error("expected a WeightsError, nothing was thrown");
}
