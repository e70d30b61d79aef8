import { describe, expect, it } from "vitest";
import {
  aucByDomain,
  gradientDiagnostics,
  reliabilityDiagram,
  rocCurves,
  scoreHistogram,
  summarise,
  trainingCurves,
} from "../src/index.js";
import { visible } from "../src/labels.js";
import { comparison, diagnosedLog, fullComparison, run, scoreTable, trainingLog } from "./example.js";
import { HOSTILE, parseXml } from "./markup.js";

const hostileRun = (algorithm: string, seed: number) =>
  run(algorithm, seed, Object.fromEntries(HOSTILE.map((name, i) => [name, i === 3 ? null : 0.9 - 0.05 * i])));
// Object.fromEntries defines "__proto__" as an own member, as JSON.parse does.
const hostile = comparison(
  [hostileRun(HOSTILE[0]!, 1), hostileRun(HOSTILE[1]!, 1)],
  HOSTILE.slice(0, 3),
  HOSTILE.slice(3),
);

const charts: Record<string, () => Promise<string>> = {
  aucByDomain: () => aucByDomain(hostile),
  trainingCurves: () => trainingCurves(trainingLog(HOSTILE, 2, 3)),
  "trainingCurves of an empty log": () => trainingCurves([]),
  gradientDiagnostics: () => gradientDiagnostics(diagnosedLog(HOSTILE, 4)),
  "gradientDiagnostics of a log without": () => gradientDiagnostics(trainingLog(HOSTILE, 1, 1)),
  rocCurves: () => rocCurves(scoreTable("t", HOSTILE, 4)),
  scoreHistogram: () => scoreHistogram(scoreTable("t", HOSTILE, 4)),
  reliabilityDiagram: () => reliabilityDiagram(scoreTable("t", HOSTILE, 4)),
  "reliabilityDiagram of an empty table": () => reliabilityDiagram(scoreTable("t", [], 4)),
};

describe.each(Object.entries(charts))("%s", (_, draw) => {
  it("is well-formed, inert, needs nothing from outside, and comes out the same again", async () => {
    const svg = await draw();
    const elements = parseXml(svg);
    expect(elements[0]?.name).toBe("svg");
    expect(Number(elements[0]?.attributes.width)).toBeGreaterThan(100);
    expect(
      elements.filter(({ name }) => !["svg", "g", "path", "text", "rect", "line", "tspan"].includes(name)),
    ).toEqual([]);
    for (const { attributes } of elements) {
      expect(Object.keys(attributes).filter((name) => /^on|href$|^id$/i.test(name))).toEqual([]);
      expect(Object.values(attributes).filter((value) => /url\(|NaN|undefined/.test(value))).toEqual([]);
    }
    expect(await draw()).toBe(svg);
  });
});

describe("what the charts show", () => {
  it.each(["aucByDomain", "trainingCurves", "gradientDiagnostics", "rocCurves", "scoreHistogram"])(
    "labels hostile names in %s",
    async (chart) => {
      const texts = parseXml(await charts[chart]!()).map(({ text }) => text);
      for (const name of ["__proto__", "constructor", "'; al"]) {
        expect(texts.filter((text) => text.startsWith(name))).not.toEqual([]);
      }
    },
  );

  it("keeps hostile names as they are, with control characters written out", async () => {
    const texts = parseXml(await aucByDomain(hostile)).map(({ text }) => text);
    expect(texts).toContain(HOSTILE[0]);
    expect(texts).toContain(`${visible(HOSTILE[4]!).slice(0, 14)}…${visible(HOSTILE[4]!).slice(-13)}`);
  });

  it("sets AUC marks where their values belong on the axis", async () => {
    const elements = parseXml(await aucByDomain(fullComparison()));
    const marks = elements.flatMap(({ attributes }) => {
      // Only marks have a path; rules have none.
      const label = attributes.d && /AUC \(dashed: 0\.5, chance\): ([\d.]+)/.exec(attributes["aria-label"] ?? "");
      const x = /^translate\(([\d.]+),/.exec(attributes.transform ?? "");
      return label && x ? [[Number(label[1]), Number(x[1])]] : [];
    });
    const { seen, unseen } = summarise(fullComparison());
    const cells = [seen, unseen].flatMap(({ rows, macro }) => [...rows.flatMap((row) => row.cells), ...macro]);
    const values = cells.flatMap(({ auc, seeds }) => [auc!.mean, ...seeds.map(({ value }) => value)]);
    // 2 algorithms × (8 domains + 2 means), each with a mark for the mean and 3 for the seeds.
    expect(values).toHaveLength(80);
    const ascending = (a: number, b: number) => a - b;
    const expected = values.map((value) => Number(value.toFixed(3))).sort(ascending);
    expect(marks.map(([auc]) => auc!).sort(ascending)).toEqual(expected);
    // Three decimals of 0.55 over 560 pixels.
    for (const [auc, x] of marks) expect(Math.abs(x! - (560 * (auc! - 0.45)) / 0.55)).toBeLessThan(0.52);
  });

  it("has nothing to draw without a run", async () => {
    await expect(aucByDomain(comparison([], ["a"], ["b"]))).rejects.toThrow(
      "runs: expected a run and a domain to draw, got none",
    );
  });

  it("separates seen from unseen domains and gives algorithms different colours and shapes", async () => {
    const elements = parseXml(await aucByDomain(fullComparison()));
    const texts = elements.map(({ text }) => text);
    expect(texts.indexOf("Seen in training")).toBeLessThan(texts.indexOf("self-blended"));
    const large = elements.filter(({ attributes }) => /algorithm: (roga|erm)/.test(attributes["aria-label"] ?? ""));
    const looks = (name: string) =>
      large.filter(({ attributes }) => attributes["aria-label"]?.includes(`algorithm: ${name}`));
    const fills = (name: string) => new Set(looks(name).map(({ attributes }) => attributes.fill ?? attributes.stroke));
    const shapes = (name: string) => new Set(looks(name).map(({ attributes }) => attributes.d));
    expect([...fills("roga")].filter((fill) => fills("erm").has(fill) && fill !== undefined)).toEqual([]);
    expect(shapes("roga")).not.toEqual(shapes("erm"));
  });

  it("names AUC in the ROC legend, and why a domain has no curve", async () => {
    const table = {
      name: "t",
      labels: [1, 0, 1, 0, 1],
      scores: [0.9, 0.1, 0.4, 0.6, 0.5],
      domains: ["a", "a", "a", "a", "b"],
    };
    const texts = parseXml(await rocCurves(table)).map(({ text }) => text);
    expect(texts).toContain("a: 0.750");
    expect(texts).toContain("b: – (0 real, 1 fake)");
  });

  it("says how a training curve was thinned and what it leaves out", async () => {
    const texts = parseXml(await trainingCurves(trainingLog(["a"], 1, 500))).map(({ text }) => text);
    expect(texts).toContain("each point the mean of 3 steps");
    const lost = { kind: "step", step: 1, loss: Number.NaN, domainLosses: {}, imagesPerSecond: 1 } as const;
    const diverged = parseXml(await trainingCurves([lost])).map(({ text }) => text);
    expect(diverged).toContain("no step was logged; left out as not finite: 1");
  });
});
