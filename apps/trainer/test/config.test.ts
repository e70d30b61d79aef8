import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { annotatedDefaults } from "../src/config/describe.js";
import { applySettings, ConfigError, parseSetting, readConfigFile, resolveConfig } from "../src/config/load.js";
import { familiesToForge } from "../src/data/domains.js";
import { temporaryFolder } from "./support/temporary-folder.js";

const messageOf = (input: unknown): string => {
  try {
    resolveConfig(input, "run.yaml");
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("expected a ConfigError");
};

describe("resolveConfig", () => {
  it("fills in every default", () => {
    const config = resolveConfig({}, "run.yaml");
    expect(config.algorithms).toEqual(["erm", "roga"]);
    expect(config.roga).toMatchObject({ rho: 0.1, alpha: 2e-4, perturbedLoss: "own", combine: "mean" });
    expect(familiesToForge(config)).toEqual({
      sources: ["deepfakes", "face2face", "faceswap", "neuraltextures"],
      targets: ["self-blended", "gan-upsampling", "diffusion-like", "celeb-blend"],
    });
  });

  it("keeps what is given", () => {
    const config = resolveConfig({ data: { rendered: { identities: 7 } }, seeds: [3, 4] }, "run.yaml");
    expect(config.data.rendered).toEqual({ identities: 7, videos: 1, frames: 3 });
    expect(config.seeds).toEqual([3, 4]);
  });

  it("names unknown options by their path", () => {
    expect(messageOf({ optimizer: { lr: 1 }, sede: 2 })).toBe(
      "run.yaml:\n  optimizer.lr: unknown option\n  sede: unknown option",
    );
  });

  it.each([
    [{ roga: { rho: -1 } }, /roga\.rho: .*>=0, got -1/],
    [{ roga: { rho: "0.1" } }, /roga\.rho: expected number, received string, got "0\.1"/],
    [{ training: { perDomain: 3 } }, /training\.perDomain: .*multiple of 2, got 3/],
    [{ model: { backbone: "vgg" } }, /model\.backbone: expected one of .*meso4.*, got "vgg"/],
    [{ seeds: [] }, /seeds: .*, got \[\]/],
    [{ algorithms: ["rogue"] }, /algorithms\.0: expected one of "erm"\|"roga"\|"sam".*, got "rogue"/],
    [{ data: { real: "a", manifest: "b" } }, /data: give `real` or `manifest`, not both/],
    [{ data: { sources: ["deepfakes"], targets: ["deepfakes"] } }, /data\.targets: "deepfakes" is a source domain too/],
    [{ data: { split: { train: 0.9 } } }, /data\.split: fractions must sum to 1/],
    [{ seeds: [1, 1] }, /seeds: "1" is given twice/],
    [{ optimizer: { momentum: 1 } }, /optimizer\.momentum: .*<1, got 1/],
    [{ optimizer: { nesterov: true } }, /optimizer\.nesterov: only sgd has it, and `name` is adam/],
    [{ optimizer: { name: "sgd", nesterov: true, momentum: 0 } }, /optimizer\.nesterov: needs a momentum above 0/],
    [{ optimizer: { clip: { norm: 1, value: 1 } } }, /optimizer\.clip: give `norm` or `value`, not both/],
    [{ optimizer: { clip: { norm: 0 } } }, /optimizer\.clip\.norm: .*>0, got 0/],
    [{ optimizer: { groups: [{ name: "(", weightDecay: 0 }] } }, /optimizer\.groups\.0\.name: expected a regular expr/],
    [{ optimizer: { groups: [{ name: "^head/" }] } }, /optimizer\.groups\.0: give `learningRateFactor` or/],
    [{ optimizer: { groups: [{ weightDecay: 0 }] } }, /optimizer\.groups\.0: give `name` or `rankBelow`/],
    [{ optimizer: { groups: [{ name: "x", lr: 1 }] } }, /optimizer\.groups\.0\.lr: unknown option/],
    [{ optimizer: { schedule: { name: "linear" } } }, /optimizer\.schedule\.name: .*"cosine".*, got "linear"/],
    [{ average: { name: "swa", start: 10 } }, /average\.start: must be below training\.epochs, which is 10; got 10/],
    [{ average: { name: "ema", decay: 1 } }, /average\.decay: .*<1, got 1/],
    [{ average: { name: "swad", tolerance: 0.5 } }, /average\.tolerance: .*>=1, got 0\.5/],
    [
      { algorithms: ["erm", "coral"], training: { microBatch: 4 } },
      /training\.microBatch: must be at least training\.perDomain, which is 8, for coral; got 4/,
    ],
    ["text", /configuration: expected object, received string/],
  ])("refuses %j", (input, message) => {
    expect(messageOf(input)).toMatch(message);
  });
});

describe("configuration files and settings", () => {
  it("reads YAML and names a file that is none", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "good.yaml"), "roga:\n  rho: 0.2\n");
    await writeFile(join(folder, "bad.yaml"), "roga: [1,\n");
    expect(await readConfigFile(join(folder, "good.yaml"))).toEqual({ roga: { rho: 0.2 } });
    await expect(readConfigFile(join(folder, "bad.yaml"))).rejects.toThrow(/bad\.yaml: not valid YAML/);
    await expect(readConfigFile(join(folder, "none.yaml"))).rejects.toThrow(/none\.yaml: cannot be read/);
  });

  it("lays settings over a tree without changing it", () => {
    const tree = { optimizer: { name: "sgd" } };
    expect(applySettings(tree, { "optimizer.learningRate": 0.01, "data.size": 64 })).toEqual({
      optimizer: { name: "sgd", learningRate: 0.01 },
      data: { size: 64 },
    });
    expect(tree).toEqual({ optimizer: { name: "sgd" } });
    expect(() => applySettings({ seeds: [1] }, { "seeds.first": 2 })).toThrow(/"seeds" has no options of its own/);
  });

  it("reads a setting's value as YAML", () => {
    expect(parseSetting("roga.rho=5e-2")).toEqual(["roga.rho", 0.05]);
    expect(parseSetting("training.augment=false")).toEqual(["training.augment", false]);
    expect(parseSetting("data.sources=[a, b]")).toEqual(["data.sources", ["a", "b"]]);
    expect(() => parseSetting("roga.rho")).toThrow(/expected <option>=<value>/);
  });
});

describe("annotatedDefaults", () => {
  it("is a configuration file that holds exactly the defaults", () => {
    expect(resolveConfig(parse(annotatedDefaults()), "defaults")).toEqual(resolveConfig({}, "defaults"));
  });

  it("documents every option", () => {
    const undocumented = annotatedDefaults()
      .split("\n")
      .filter((line) => line !== "" && !/# \S/.test(line));
    expect(undocumented).toEqual([]);
  });

  it("is what the guide shows", async () => {
    const guide = await readFile(new URL("../../../docs/guides/configuration.md", import.meta.url), "utf8");
    expect(guide).toContain(`\`\`\`yaml\n${annotatedDefaults()}\`\`\``);
  });
});
