import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { summaryTable } from "../src/index.js";
import { comparison, fullComparison, run, SEEN, UNSEEN } from "./example.js";

const linesOf = (text: string) => text.split("\n");

describe("summaryTable", () => {
  it("writes hand-computed figures of two seeds", () => {
    const runs = [
      run("roga", 1, { df: 0.9, gan: 0.6, sbi: 0.8 }),
      run("roga", 2, { df: 0.92, gan: 0.7, sbi: 0.82 }),
      run("erm", 1, { df: 0.91, gan: 0.55, sbi: 0.75 }),
      run("erm", 2, { df: 0.91, gan: 0.65, sbi: 0.85 }),
    ];
    // Means over unseen: roga 0.70, 0.76; erm 0.65, 0.75; differences 0.05, 0.01.
    expect(summaryTable(comparison(runs, ["df"], ["gan", "sbi"]))).toBe(
      `                   roga (2 seeds)                       erm (2 seeds)
Domain             AUC [low, high]       EER    AP      AUC [low, high]       EER    AP
seen in training
  df               0.910 [0.870, 0.950]  0.090  0.910   0.910 [0.880, 0.940]  0.090  0.910
  mean of 1        0.910 ± 0.014         0.090  0.910   0.910 ± 0.000         0.090  0.910
never seen
  gan              0.650 [0.570, 0.730]  0.350  0.650   0.600 [0.520, 0.680]  0.400  0.600
  sbi              0.810 [0.770, 0.850]  0.190  0.810   0.800 [0.720, 0.880]  0.200  0.800
  mean of 2        0.730 ± 0.042         0.270  0.730   0.700 ± 0.071         0.300  0.700

Mean AUC over 2 unseen domains
  roga  0.730 ± 0.042 (min 0.700, max 0.760; 2 seeds: 1, 2)
  erm   0.700 ± 0.071 (min 0.650, max 0.750; 2 seeds: 1, 2)
  roga − erm: +0.030 ± 0.028 (min +0.010, max +0.050; above zero in 2 of 2 seeds), paired by seed

Cost of a training run, mean over seeds
  roga  101.5 s, 28.5 images/s
  erm   101.5 s, 28.5 images/s

A domain's value is the mean over seeds; its brackets run from the lowest to the highest bound of
  the seeds' intervals (95 % bootstrap over videos). ± is the sample standard deviation over seeds.
Epoch selected by: highest macro AUC on validation identities of the source domains. Engine:
  tfjs-node 4.22, CPU, 2 threads.
Note: 3 unreadable images were skipped.
`,
    );
  });

  it("fits 100 columns for 8 domains and 2 algorithms, seen domains first", () => {
    const lines = linesOf(summaryTable(fullComparison()));
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(100);
    const rows = lines.slice(2, 14).map((line) => line.trim().split(/ {2,}/)[0]);
    expect(rows).toEqual(["seen in training", ...SEEN, "mean of 4", "never seen", ...UNSEEN, "mean of 4"]);
  });

  it("shows a dash with its reason, and states that one seed has no spread", () => {
    const text = summaryTable(comparison([run("roga", 4, { df: 0.9, gan: null })], ["df"], ["gan"]));
    expect(text).toMatch(/^ {2}gan +– +– +–$/m);
    expect(text).toMatch(/^ {2}mean of 0 +– +– +–$/m);
    expect(text).toContain("– gan: only one class: 0 fakes, 120 reals\n");
    expect(text).toContain("The means over unseen domains leave out gan, in every run alike.\n");
    expect(text).toContain("One seed: no spread over seeds can be\n  stated.");
    expect(text).not.toContain("±");
  });

  it("puts algorithms that do not fit into a further table", () => {
    const runs = ["roga", "sam", "erm"].map((name) => run(name, 1, { df: 0.9, gan: 0.6 }));
    const text = summaryTable(comparison(runs, ["df"], ["gan"]));
    const heads = linesOf(text).filter((line) => line.includes("(1 seed)"));
    expect(heads.map((line) => line.trim().split(/ {2,}/))).toEqual([
      ["roga (1 seed)", "sam (1 seed)"],
      ["erm (1 seed)"],
    ]);
    expect(linesOf(text).filter((line) => line.startsWith("Domain"))).toHaveLength(2);
  });

  it("says so if there is no run", () => {
    expect(summaryTable(comparison([], ["df"], ["gan"]))).toBe(
      "RoGA and ERM on procedural faces: no run to compare.\n",
    );
  });

  it("stays within its width and free of control characters, whatever the names", () => {
    const name = fc.string({
      unit: fc.constantFrom("a", "-", "\u001b", "\u202e", "顔", " "),
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 5, maxLength: 5 }), ([a, b, c, d, e]) => {
        const runs = [d!, e!].map((algorithm) => run(algorithm, 1, { [a!]: 0.9, [b!]: 0.6, [c!]: null }));
        const lines = linesOf(summaryTable(comparison(runs, [a!], [b!, c!])));
        const table = lines.slice(0, lines.indexOf(""));
        expect(Math.max(...table.map((line) => [...line].length))).toBeLessThanOrEqual(100);
        expect(lines.join("")).not.toMatch(/[\p{Cc}\u202e]/u);
      }),
      { numRuns: 50 },
    );
  });
});
