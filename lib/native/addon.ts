import { quotaProcessors } from '../core/cgroups.ts';
import { defaultThreads } from '../core/defaultThreads.ts';
import type { NativeBases, NativeSampling } from './gaussian.ts';
import type { NativeLanes } from './lanes.ts';
import { loadAddon } from './load.ts';
import type { NativeItems, NativeMemories } from './memory.ts';
import type { NativeCloudItems, NativePointCloud } from './pointCloud.ts';
import type { NativeProducts } from './products.ts';
import type {
  NativeScaling,
  NativeSphere,
  NativeSphereFunctions,
  NativeSphereModel,
  NativeSpherePreparation,
  NativeSphereRows,
  NativeSphereTheory,
  NativeSphereTrainer,
} from './sphere.ts';
import type { NativeMarginalMatrices } from './task.ts';

export type * from './basis.ts';
export * from './columns.ts';
export type * from './gaussian.ts';
export type * from './lanes.ts';
export type * from './memory.ts';
export type * from './pointCloud.ts';
export type * from './products.ts';
export type * from './sphere.ts';
export type * from './task.ts';

/** Native objects of a memory or model. */
export type NativeHandle = NativeItems | NativeCloudItems | NativeSphereModel | NativeSphereRows | NativeSphereTrainer;

export interface Native
  extends NativeSampling,
    NativeBases,
    NativeSphereFunctions,
    NativeSphere,
    NativeSpherePreparation,
    NativeMarginalMatrices,
    NativeScaling,
    NativeSphereTheory,
    NativeMemories,
    NativePointCloud {
  readonly lanes: NativeLanes;
  readonly products: NativeProducts;
  /** Releases a handle; later uses of it get ERR_CLOSED. */
  release(handle: NativeHandle): void;
  /** Another handle of the same object, which lives until both are released. */
  share<H extends NativeHandle>(handle: H): H;
  /** Releases a handle and gives its place for the garbage collector to a successor of so many bytes. */
  succeed<H extends NativeHandle>(handle: H, successor: H, bytes: number): void;
  /** Bytes of all native objects of this process's memories, models and handles. */
  keptMemory(): number;
  /** Prompts the garbage collector, as if `bytes` had been allocated and freed again. */
  press(bytes: number): void;
  /** Returns free memory of the allocators to the system. */
  giveBackFreeMemory(): void;
  /** Number of threads; a new value reaches running calls from their next loop on. */
  threads(): number;
  setThreads(count: number): void;
  /** Sets the number of threads unless any thread of the process called either setter before. */
  setDefaultThreads(count: number): void;
  /** Greatest number of threads of the linked BLAS; it corrupts memory beyond. */
  mostThreads(): number;
  /** Processors that the process may run on. */
  processors(): number;
  /** Stops every call of this environment and waits until none runs. */
  stop(): void;
  /** The name of the BLAS in use. */
  blas(): string;
}

export const native = loadAddon() as Native;

const { DENSEAM_THREADS: wish } = process.env;
const bounds = { processors: native.processors(), quota: quotaProcessors(), most: native.mostThreads() };
native.setDefaultThreads(defaultThreads({ wish, ...bounds }));
