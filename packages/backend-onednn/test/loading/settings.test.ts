import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { SettingError } from "../../src/errors.js";
import { type OnednnOptions, resolveSettings } from "../../src/settings.js";
import { defaultThreads } from "../../src/threads.js";

const nothing = (): string => {
  throw new Error("ENOENT");
};
const files = (contents: Record<string, string>) => (path: string) => contents[path] ?? nothing();

describe("settings", () => {
  it("come from code, else from the environment, else by default", () => {
    const environment = { ROGA_ONEDNN_THREADS: "3", ROGA_ONEDNN_SMALLEST_POOLED: "0", OMP_NUM_THREADS: "5" };
    expect(resolveSettings({ threads: 2 }, environment)).toMatchObject({ threads: 2, memory: { smallest: 0 } });
    expect(resolveSettings({}, environment).threads).toBe(3);
    expect(resolveSettings({}, { OMP_NUM_THREADS: "5,2" }).threads).toBe(5);
    expect(resolveSettings({}, { ROGA_ONEDNN_THREADS: "", OMP_NUM_THREADS: "" })).toEqual(resolveSettings({}, {}));
  });

  it("have every option's variable", () => {
    const environment = {
      ROGA_ONEDNN_THREADS: "4",
      ROGA_ONEDNN_PRECISION: "bfloat16",
      ROGA_ONEDNN_LEVEL: "v2",
      ROGA_ONEDNN_ADDON: "/a",
      ROGA_ONEDNN_SMALLEST_POOLED: "1",
      ROGA_ONEDNN_SLAB_BYTES: "8192",
      ROGA_ONEDNN_MAX_IDLE_BYTES: "0",
      ROGA_ONEDNN_QUEUE: "0",
    };
    expect(resolveSettings({}, environment)).toEqual({
      threads: 4,
      precision: "bfloat16",
      level: "v2",
      addon: "/a",
      queue: false,
      memory: { smallest: 1, slabBytes: 8192, maxIdleBytes: 0 },
    });
  });

  it.each<[OnednnOptions, Record<string, string>, string]>([
    [{ threads: 0 }, {}, "threads: expected a whole number from 1 to 1024, got 0"],
    [{ threads: 1.5 }, {}, "threads: expected a whole number from 1 to 1024, got 1.5"],
    [{}, { ROGA_ONEDNN_THREADS: "many" }, "ROGA_ONEDNN_THREADS: expected a whole number from 1 to 1024, got many"],
    [{ slabBytes: 100 }, {}, "slabBytes: expected a whole number of at least 4096, got 100"],
    [{ precision: "fp16" as never }, {}, 'precision: expected "float32" or "bfloat16", got "fp16"'],
    [{}, { ROGA_ONEDNN_QUEUE: "no" }, "ROGA_ONEDNN_QUEUE: expected 0 or 1, got no"],
    [{}, { ROGA_ONEDNN_PRECISION: "half" }, 'ROGA_ONEDNN_PRECISION: expected "float32" or "bfloat16", got "half"'],
  ])("refuse %j with %j", (options, environment, message) => {
    expect(() => resolveSettings(options, environment)).toThrow(new SettingError(message));
  });
});

describe("the default number of threads", () => {
  it("is what the scheduler allows where nothing else limits it", () => {
    expect(defaultThreads(8, nothing)).toBe(8);
    expect(defaultThreads(8, files({ "/sys/fs/cgroup/cpu.max": "max 100000\n" }))).toBe(8);
    expect(resolveSettings({}, {}).threads).toBeLessThanOrEqual(availableParallelism());
  });

  it.each([
    [{ "/sys/fs/cgroup/cpu.max": "200000 100000\n" }, 2],
    [{ "/sys/fs/cgroup/cpu.max": "150000 100000\n" }, 2],
    [{ "/sys/fs/cgroup/cpu.max": "10000 100000\n" }, 1],
    [{ "/sys/fs/cgroup/cpu.max": "9900000 100000\n" }, 8],
    [{ "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000\n", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n" }, 3],
    [{ "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n" }, 8],
  ])("honours a container's quota %j", (contents, expected) => {
    expect(defaultThreads(8, files(contents as unknown as Record<string, string>))).toBe(expected);
  });
});
