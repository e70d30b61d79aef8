/** The package as a user imports it. Where the addon cannot be loaded, all tests that need it stand here as skipped. */
import { expect, it, describe as suite } from "vitest";
import {
  AddonError,
  configure,
  describe,
  getPrecision,
  getThreads,
  nativeTime,
  resetNativeTime,
  SettingError,
  setPrecision,
  setThreads,
  trimMemory,
} from "../../src/index.js";

const missing = process.env.ROGA_ONEDNN_MISSING;

suite("before the first use", () => {
  it("settings are kept, and nothing is loaded", () => {
    setThreads(3);
    expect(getThreads()).toBe(3);
    configure({ threads: 2, smallestPooled: 0 });
    expect(getThreads()).toBe(2);
    expect(getPrecision()).toBe("float32");
    expect(nativeTime()).toEqual({ milliseconds: 0, calls: 0 });
    trimMemory();
    configure({ slabBytes: 2 ** 26 }); // would come too late
  });

  it("a wrong setting is refused and changes nothing", () => {
    expect(() => setThreads(0)).toThrow(new SettingError("threads: expected a whole number from 1 to 1024, got 0"));
    expect(() => configure({ thread: 2 } as never)).toThrow(/^thread: no such option; there are threads, /);
    expect(getThreads()).toBe(2);
  });
});

if (missing) {
  suite("without the addon", () => {
    it("says why, and what to do", () => {
      expect(() => describe()).toThrow(AddonError);
      expect(() => describe()).toThrow("npx roga-onednn-build");
    });
    it.skip(`everything that needs it: ${missing.split("\n", 1)[0]}`, () => {});
  });
}

suite.skipIf(missing)("with the addon", () => {
  it("describes what computes", () => {
    const description = describe();
    expect(description).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      threads: 2,
      precision: "float32",
    });
    expect(description.oneDNN).toMatch(/^[2-9]\.\d+\.\d+$/);
    expect(description.level).toMatch(/^(v[234]|base)$/);
    expect(description.addon).toMatch(/onednn-.*\.node$/);
    expect(description.isa).not.toBe("");
  });

  it("changes threads and precision at run time", () => {
    setThreads(1);
    expect(getThreads()).toBe(1);
    expect(describe().threads).toBe(1);
    configure({ precision: "float32" });
    expect(getPrecision()).toBe("float32");
    expect(() => setPrecision("half" as never)).toThrow(
      new SettingError('precision: expected "float32" or "bfloat16", got "half"'),
    );
  });

  it("refuses what comes too late", () => {
    expect(() => configure({ slabBytes: 4096 })).toThrow(
      new SettingError("slabBytes: can be set before the backend is first used, not after"),
    );
  });

  it("counts native calls", () => {
    describe();
    resetNativeTime();
    getThreads();
    expect(nativeTime().calls).toBe(0);
    setThreads(getThreads());
    expect(nativeTime().calls).toBeGreaterThan(0);
  });
});
