/** The parts of WebGPU, of the package `webgpu` and of TensorFlow.js' WebGPU backend that the engine touches. */
import type { DataId, DataType, KernelBackend } from "@tensorflow/tfjs-core";

export interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** Whether it computes on the processor. */
  readonly isFallbackAdapter?: boolean;
}

export interface Device {
  destroy(): void;
  addEventListener(type: "uncapturederror", listener: (event: UncapturedError) => void): void;
}

interface UncapturedError {
  readonly error: { readonly message: string };
  preventDefault(): void;
}

export interface Adapter {
  readonly info: AdapterInfo;
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(descriptor: { requiredFeatures: string[]; requiredLimits: Record<string, number> }): Promise<Device>;
}

export interface Gpu {
  requestAdapter(options: { powerPreference: "high-performance" }): Promise<Adapter | null>;
}

/** A buffer that the processor can map. */
interface Buffer {
  readonly size: number;
  readonly mapState: "unmapped" | "pending" | "mapped";
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
}

/** The package `webgpu`. */
export interface DawnPackage {
  create(options: string[]): Gpu;
  readonly globals: Record<string, { prototype: object }>;
}

/** TensorFlow.js' backend, with the members that its own `getBufferData` reads a tensor through. */
export interface WebGpuBackend extends KernelBackend {
  readonly tensorMap: {
    get(dataId: DataId): { values: unknown; dtype: DataType; resource?: Buffer };
  };
  readonly bufferManager: {
    acquireBuffer(size: number, usage: number): Buffer;
    releaseBuffer(buffer: Buffer): void;
  };
  readonly commandEncoder: {
    copyBufferToBuffer(from: Buffer, fromOffset: number, to: Buffer, toOffset: number, size: number): void;
  };
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  convertAndCacheOnCPU(dataId: DataId, values: unknown): Float32Array;
}

/** The package `@tensorflow/tfjs-backend-webgpu`. */
export interface BackendPackage {
  WebGPUBackend: new (device: Device, info: AdapterInfo) => WebGpuBackend;
}
