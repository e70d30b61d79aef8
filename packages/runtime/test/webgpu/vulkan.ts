/** The Vulkan driver that tests of the engine `webgpu` run on: the one that the environment names, or SwiftShader. */
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/** Where SwiftShader's manifest stands, with a Vulkan loader beside it: Debian's chromium-common, Google Chrome. */
const SWIFTSHADER = ["/usr/lib/chromium", "/usr/lib/chromium-browser", "/opt/google/chrome"].map((folder) =>
  join(folder, "vk_swiftshader_icd.json"),
);

/** The environment of a process that finds the driver; `undefined` where there is none. */
export function vulkanEnvironment(): NodeJS.ProcessEnv | undefined {
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return process.env;
  const manifest = SWIFTSHADER.find((path) => existsSync(path));
  if (manifest === undefined) return undefined;
  const libraries = [process.env.LD_LIBRARY_PATH, dirname(manifest)].filter(Boolean).join(delimiter);
  return { ...process.env, VK_ICD_FILENAMES: manifest, LD_LIBRARY_PATH: libraries };
}
