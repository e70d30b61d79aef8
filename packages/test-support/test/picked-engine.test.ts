import "@tensorflow/tfjs";
import { useTestEngine } from "@roga/test-support";
import { afterEach, expect, test, vi } from "vitest";

afterEach(() => vi.unstubAllEnvs());

test("useTestEngine rejects an engine that does not exist", async () => {
  vi.stubEnv("ROGA_TEST_ENGINE", "cuda");
  await expect(useTestEngine()).rejects.toThrow('ROGA_TEST_ENGINE: expected one of cpu, onednn, webgpu, got "cuda"');
});

test("useTestEngine says why an engine cannot be used here", async () => {
  vi.stubEnv("ROGA_TEST_ENGINE", "onednn");
  vi.stubEnv("ROGA_ONEDNN_ADDON", "/nowhere/onednn.node");
  await expect(useTestEngine()).rejects.toThrow(
    /^ROGA_TEST_ENGINE: "onednn" cannot be used here: .*\/nowhere\/onednn\.node/s,
  );
});
