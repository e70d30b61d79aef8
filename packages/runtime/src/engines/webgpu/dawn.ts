/**
 * Dawn, Google's WebGPU, through the package `webgpu`: an adapter of this machine, or why there is none. Nothing is
 * asked of the user's environment beyond what the driver installs, except on Linux the Vulkan loader.
 */
import { importPackage } from "../import-package.js";
import { followEvents } from "./events.js";
import type { Adapter, AdapterInfo, DawnPackage, Gpu } from "./types.js";

/** Software renderers, by what they call themselves; most also say that they are a fallback. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b/i;

type Found = { adapter: Adapter } | { reason: string; remedy: string };

/** Dawn lives as long as this does. It neither keeps the process running nor is it made twice. */
let gpu: Gpu | undefined;

/** The adapter that Dawn takes for the fastest. */
export async function findAdapter(projectDir: string): Promise<Found> {
  if (gpu === undefined) {
    const outcome = await importPackage("webgpu", projectDir);
    if (!outcome.found) return { reason: "not installed", remedy: "" };
    if ("error" in outcome) {
      return { reason: outcome.error, remedy: "It has no binary for this platform, or its files are damaged" };
    }
    if (process.platform === "linux" && !hasVulkanLoader()) {
      return {
        reason: "no adapter: the Vulkan loader libvulkan.so.1 is not installed",
        remedy: "Install it with the GPU's driver, on Debian and Ubuntu: apt-get install libvulkan1",
      };
    }
    gpu = start(outcome.module as DawnPackage);
  }
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter) return { adapter };
  return {
    reason: "no adapter: Dawn found no GPU that it can use",
    remedy:
      process.platform === "linux"
        ? "Install the GPU's Vulkan driver; `vulkaninfo --summary` lists what the loader finds"
        : "Check the GPU's driver",
  };
}

function start({ create, globals }: DawnPackage): Gpu {
  // The backend looks for WebGPU's classes and constants where a browser has them.
  for (const [name, value] of Object.entries(globals)) {
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  followEvents(globals.GPU!.prototype, "requestAdapter");
  followEvents(globals.GPUAdapter!.prototype, "requestDevice");
  followEvents(globals.GPUBuffer!.prototype, "mapAsync");
  return create([]);
}

/** Dawn would say so on the console. Loading fails either way, since it is no addon; how it fails tells. */
function hasVulkanLoader(): boolean {
  try {
    process.dlopen({ exports: {} }, "libvulkan.so.1");
  } catch (error) {
    return !/cannot open shared object file|No such file/i.test(String(error));
  }
  return true;
}

/** Whether the adapter is a program on the processor. */
export function isSoftware({ isFallbackAdapter, vendor, architecture, device, description }: AdapterInfo): boolean {
  return isFallbackAdapter === true || SOFTWARE.test([vendor, architecture, device, description].join(" "));
}

/** What the adapter is called, for people. */
export function adapterName({ vendor, architecture, device, description }: AdapterInfo): string {
  return device || description || [vendor, architecture].filter(Boolean).join(" ") || "GPU of unknown model";
}
