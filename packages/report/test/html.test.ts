import { describe, expect, it } from "vitest";
import { comparisonReport, type LogEntry, runReport } from "../src/index.js";
import { visible } from "../src/labels.js";
import { comparison, diagnosedLog, fullComparison, run, SEEN, scoreTable, trainingLog } from "./example.js";
import { type Element, HOSTILE, parseHtml } from "./markup.js";

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

function textOf(elements: readonly Element[], ...names: string[]): string[] {
  return elements.filter(({ name }) => names.includes(name)).map(({ text }) => text);
}

function expectInert(text: string): Element[] {
  const elements = parseHtml(text);
  const allowed =
    /^(html|head|meta|title|style|body|h1|h2|p|figure|figcaption|img|div|table|thead|tbody|tr|th|td|dl|dt|dd|svg|g|path|text|rect|line|tspan)$/;
  expect(elements.filter(({ name }) => !allowed.test(name))).toEqual([]);
  for (const { name, attributes, text: content } of elements) {
    expect(Object.keys(attributes).filter((key) => /^on|href|^srcset$|^style$/i.test(key))).toEqual([]);
    if (attributes.src !== undefined) expect(attributes.src).toMatch(/^data:image\/png;base64,/);
    if (name === "style") expect(content).not.toMatch(/url\(|@import|https?:/);
  }
  expect(text.replaceAll(/xmlns(:xlink)?="[^"]*"/g, "")).not.toMatch(/https?:\/\//);
  const policy = elements.find(({ attributes }) => attributes["http-equiv"] === "Content-Security-Policy");
  expect(policy?.attributes.content).toBe("default-src 'none'; style-src 'unsafe-inline'; img-src data:");
  return elements;
}

describe("comparisonReport", () => {
  it("is one inert file with pictures, numbers, and what they rest on", async () => {
    const elements = expectInert(
      await comparisonReport(fullComparison(), {
        images: [{ caption: "A contact sheet", pngBase64: PNG }],
        curves: [scoreTable("roga, seed 0", SEEN, 5)],
      }),
    );
    expect(textOf(elements, "h1")).toEqual(["RoGA and ERM on procedural faces"]);
    expect(elements.filter(({ name }) => name === "svg")).toHaveLength(2);
    expect(elements.find(({ name }) => name === "img")?.attributes.src).toBe(`data:image/png;base64,${PNG}`);
    const cells = textOf(elements, "td", "th", "dd", "p", "figcaption");
    for (const text of [
      "0.711 ± 0.004",
      "0.708 to 0.715",
      "0.960 [0.910, 1.000]",
      "highest macro AUC on validation identities of the source domains",
      "tfjs-node 4.22, CPU, 2 threads",
      "3 unreadable images were skipped.",
      "Paired by seed, roga − erm: +0.018 ± 0.007 (min +0.010, max +0.023; above zero in 3 of 3 seeds).",
      "A contact sheet",
      "roga, seed 0",
    ]) {
      expect(cells).toContain(text);
    }
  });

  it("lists every run with its own means", async () => {
    const runs = [run("roga", 7, { a: 0.9, b: 0.5, c: 0.7 })];
    const elements = parseHtml(await comparisonReport(comparison(runs, ["a"], ["b", "c"])));
    const cells = textOf(elements, "td", "th");
    const last = cells.slice(cells.lastIndexOf("roga"));
    expect(last).toEqual(["roga", "7", "0.900", "0.600", "12", "107.0 s", "23.0"]);
    expect(textOf(elements, "p").join(" ")).toContain("One seed: no spread over seeds can be stated.");
  });

  it("shows hostile names as text", async () => {
    const domains = Object.fromEntries(HOSTILE.map((name) => [name, 0.8]));
    const record = comparison([run(HOSTILE[0]!, 1, domains)], [HOSTILE[0]!], HOSTILE.slice(1));
    Object.assign(record, { title: HOSTILE[1], selection: HOSTILE[2], engine: HOSTILE[3], notes: HOSTILE });
    const elements = expectInert(
      await comparisonReport(record, {
        images: [{ caption: HOSTILE[1]!, pngBase64: PNG }],
        curves: [{ ...scoreTable("t", HOSTILE, 2), name: HOSTILE[2]! }],
      }),
    );
    expect(textOf(elements, "h1", "title")).toEqual([HOSTILE[1], HOSTILE[1]]);
    expect(elements.find(({ name }) => name === "img")?.attributes.alt).toBe(HOSTILE[1]);
    const shown = textOf(elements, "th", "dd");
    for (const name of HOSTILE) expect(shown).toContain(visible(name));
  });

  it("refuses an image that is not PNG", async () => {
    const images = [{ caption: "x", pngBase64: 'iVBORw0KGgo" onerror="alert(1)' }];
    await expect(comparisonReport(fullComparison(), { images })).rejects.toThrow(
      "images[0].pngBase64: expected a PNG file in base64",
    );
  });

  it("says so if there is no run", async () => {
    const elements = expectInert(await comparisonReport(comparison([], ["a"], [])));
    expect(textOf(elements, "p")).toContain("There is no run to compare.");
  });
});

describe("runReport", () => {
  const log: LogEntry[] = [
    { kind: "start", step: 0 },
    ...trainingLog(SEEN, 3, 4),
    { kind: "validation", epoch: 4, step: 12, macroAuc: null, auc: {}, skipped: 2 },
    { kind: "end", step: 13, reason: "diverged", message: "loss is NaN" },
  ];

  it("shows how gradients lay to one another where that was logged", async () => {
    const report = (log: readonly LogEntry[]) => runReport({ config: {}, environment: {}, log, tables: [] });
    const figures = (page: string) => expectInert(page).filter(({ name }) => name === "figure").length;
    expect(figures(await report(diagnosedLog(SEEN, 3)))).toBe(2);
    expect(figures(await report(trainingLog(SEEN, 1, 3)))).toBe(1);
  });

  it("states the outcome, the settings and what the log says", async () => {
    const config = { data: { size: 64, domains: ["a", "b"] }, resume: null, none: {} };
    const elements = expectInert(
      await runReport({ config, environment: { node: "v20" }, log, tables: [scoreTable("test", SEEN, 5)] }),
    );
    expect(textOf(elements, "dt", "dd")).toEqual([
      ...["Outcome", "diverged at step 13: loss is NaN", "Logged", "12 steps, 4 validations"],
      ...["Highest validation AUC", "0.778, epoch 3", "Images a second", "31.5 (median over steps)"],
      ...["Unreadable", "up to 2 images of a validation"],
    ]);
    expect(textOf(elements, "th", "td")).toEqual([
      ...["data.size", "64", "data.domains", '["a","b"]', "resume", "null", "none", "{}", "node", "v20"],
    ]);
    expect(textOf(elements, "h2")).toEqual(["Training", "test", "Configuration", "Environment"]);
    expect(elements.filter(({ name }) => name === "svg")).toHaveLength(4);
  });

  it("names the average that was validated, and counts what was clipped", async () => {
    const clipped = trainingLog(SEEN, 3, 2).map((entry) =>
      entry.kind === "validation"
        ? { ...entry, ...(entry.epoch > 1 && { average: "ema" }) }
        : { ...entry, clipped: entry.step === 1 },
    );
    const elements = expectInert(
      await runReport({ config: {}, environment: {}, log: clipped as LogEntry[], tables: [] }),
    );
    const facts = textOf(elements, "dt", "dd");
    expect(facts.slice(facts.indexOf("Validated average"))).toEqual([
      ...["Validated average", "ema, in 2 of 3 validations", "Clipped", "1 of 6 gradients"],
    ]);
  });

  it("reports an empty run as empty", async () => {
    const empty = { name: "test", labels: [], scores: [], domains: [] };
    const elements = expectInert(await runReport({ config: {}, environment: {}, log: [], tables: [empty] }));
    expect(textOf(elements, "dd")).toEqual([
      "the log records no end",
      "0 steps, 0 validations",
      "– (none is defined)",
      "– (no step)",
    ]);
    expect(textOf(elements, "p")).toEqual(["The table holds no image.", "None recorded.", "None recorded."]);
  });

  it("shows hostile settings and names as text", async () => {
    const config = Object.fromEntries(HOSTILE.map((name) => [name, { [name]: name }]));
    const tables = [{ ...scoreTable("t", HOSTILE, 2), name: HOSTILE[0]! }];
    const elements = expectInert(
      await runReport({
        title: HOSTILE[1]!,
        config,
        environment: { x: HOSTILE },
        log: trainingLog(HOSTILE, 1, 2),
        tables,
      }),
    );
    const shown = textOf(elements, "td");
    for (const name of HOSTILE) expect(shown).toContain(visible(name));
  });
});
