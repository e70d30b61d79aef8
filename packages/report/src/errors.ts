/** The one error of this package: a record that cannot be reported as it stands, with the path of what is wrong. */

/** Thrown when a record given to a chart, table or report is malformed. */
export class ReportError extends Error {
  /** The class's name. */
  override readonly name = "ReportError";

  /**
   * @param path where in the record the fault is, such as `runs[1].domains.swap.auc.value`
   * @param problem what was expected and what came
   */
  constructor(
    readonly path: string,
    problem: string,
  ) {
    super(`${path}: ${problem}`);
  }
}
