import { quotaProcessors } from '../core/cgroups.ts';
import { defaultThreads } from '../core/defaultThreads.ts';
import type { NativeBases, NativeSampling } from './gaussian.ts';
import type { NativeLanes } from './lanes.ts';
import { loadAddon } from './load.ts';
import type { NativeItems, NativeMemories } from './memory.ts';
import type { NativeCloudItems, NativePointCloud } from './pointCloud.ts';
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
export type * from './sphere.ts';
export type * from './task.ts';

/** Things on the native side that a memory or model keeps. */
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
  /** Lets go of what a handle stands for; whoever uses the handle afterwards gets ERR_CLOSED. */
  release(handle: NativeHandle): void;
  /** Another handle of the same thing, which stays until both are released. */
  share<H extends NativeHandle>(handle: H): H;
  /** Releases a handle; the successor, which keeps so many bytes, takes its place for the collector. */
  succeed<H extends NativeHandle>(handle: H, successor: H, bytes: number): void;
  /** Bytes that everything on the native side takes which this process's memories, models and handles keep. */
  keptMemory(): number;
  /** Has the collector look for garbage: as if `bytes` had been allocated, and freed again. */
  press(bytes: number): void;
  /** Gives the system what the allocators keep for later. */
  giveBackFreeMemory(): void;
  /** How many threads compute; a new value reaches running calls from their next loop on. */
  threads(): number;
  setThreads(count: number): void;
  /** Sets them unless either was called before by any thread of the process. */
  setDefaultThreads(count: number): void;
  /** How many threads the linked BLAS can serve at once; it corrupts memory beyond. */
  mostThreads(): number;
  /** Processors that the process may run on. */
  processors(): number;
  /** Stops every call of this environment and waits until none runs. */
  stop(): void;
  /** The BLAS in use, as it names itself. */
  blas(): string;
}

export const native = loadAddon() as Native;

const { DENSEAM_THREADS: wish } = process.env;
const bounds = { processors: native.processors(), quota: quotaProcessors(), most: native.mostThreads() };
native.setDefaultThreads(defaultThreads({ wish, ...bounds }));
