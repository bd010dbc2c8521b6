import { describe } from '../core/describe.ts';
import { DenseamError } from '../core/errors.ts';
import { callOptions, optional, type Read, specify } from '../core/options.ts';
import { aSeed, type Seed } from '../core/random.ts';
import { median } from '../core/statistics.ts';
import type { CallOptions } from '../core/types.ts';
import { fields, nonNegative, positive, shapeError } from '../core/validate.ts';
import { iterations } from '../memory/verbOptions.ts';
import { flowSteps } from './options.ts';
import { channelsOption, type PerturbedChannels, perturbClouds } from './perturbation.ts';
import type { OwnPointClouds } from './select.ts';
import type { CloudRetrieval, FlowSteps, PointClouds } from './types.ts';

// Shared parts of the measurements of recall.

/** Options of recall from perturbed items, and the criterion of recovery. */
export interface RecoveryOptions extends CallOptions, FlowSteps {
  /** Channels that the perturbation of an item moves; `both` by default. */
  readonly channels?: PerturbedChannels | undefined;
  /** A query has recovered if its own item is the nearest to its state, within this divergence. Default 1e-4. */
  readonly threshold?: number | undefined;
  /** The tolerance of `retrieve`. */
  readonly tolerance?: number | undefined;
  /** Maximum number of iterations of `retrieve`. */
  readonly maxIterations?: number | undefined;
  /** Seed of all random choices; 0 by default. */
  readonly seed?: Seed | undefined;
}

/** Shares of recovered queries, and statistics of their states. */
export interface RecallShares {
  /** Number of queries. */
  readonly queries: number;
  /** Share of the queries whose own item is the nearest to their state. */
  readonly nearest: number;
  /** Share of the queries whose own item is the nearest and within the threshold. */
  readonly recovered: number;
  /** Share that met the stopping rule. */
  readonly converged: number;
  /** Median over the queries of the divergence between the state and its nearest item. */
  readonly medianDivergence: number;
  readonly greatestDivergence: number;
  readonly medianIterations: number;
}

/** Refuses values other than memories of clouds; one of another copy of this package passes. */
export function checkCloudMemory(name: string, value: unknown): void {
  const { epsilon, nearest, retrieve } = fields(name, value, ['epsilon', 'nearest', 'retrieve']);
  const isMemory = typeof epsilon === 'number' && [nearest, retrieve].every((verb) => typeof verb === 'function');
  if (!isMemory || !hasSize(value)) throw shapeError(name, 'a PointCloudMemory', describe(value));
}

/** Whether an object has a memory's private parts: those that inherit from one or stand for it have not. */
function hasSize(memory: unknown): boolean {
  try {
    return (memory as { readonly size: number }).size > 0;
  } catch (error) {
    if (error instanceof DenseamError) throw error; // it is closed
    return false;
  }
}

export const recoveryOptions = specify<RecoveryOptions>()({
  ...callOptions,
  ...flowSteps,
  channels: channelsOption,
  threshold: optional(positive, 1e-4),
  tolerance: optional(nonNegative),
  maxIterations: optional(iterations),
  seed: optional(aSeed, 0),
});

/** {@link RecoveryOptions} as they are read. */
export type Recovery = Read<typeof recoveryOptions>;

/** The options of `retrieve` among those of a measurement. */
export function flowOptions({ tolerance, maxIterations, transportStep, reweightStep, gated, signal }: Recovery) {
  return { tolerance, maxIterations, transportStep, reweightStep, gated, signal };
}

/** Queries at this divergence from the originals. */
export function perturbed(
  originals: PointClouds,
  divergence: number,
  epsilon: number,
  seed: Seed,
  { channels, signal }: Recovery,
): Promise<OwnPointClouds> {
  return perturbClouds(originals, divergence, { epsilon, channels, seed, signal });
}

/** Tally of recoveries over several retrievals. */
export class Tally {
  readonly #threshold: number;
  readonly #divergences: number[] = [];
  readonly #iterations: number[] = [];
  #nearest = 0;
  #recovered = 0;
  #converged = 0;

  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  /** `targets` holds the index of each query's own item. */
  add({ nearest, nearestDivergence, iterations, stopped }: CloudRetrieval, targets: Int32Array): void {
    for (const [query, target] of targets.entries()) {
      const isNearest = nearest[query] === target;
      if (isNearest) this.#nearest++;
      if (isNearest && (nearestDivergence[query] as number) <= this.#threshold) this.#recovered++;
      if (stopped[query] === 'converged') this.#converged++;
      this.#divergences.push(nearestDivergence[query] as number);
      this.#iterations.push(iterations[query] as number);
    }
  }

  shares(): RecallShares {
    const queries = this.#divergences.length;
    return {
      queries,
      nearest: this.#nearest / queries,
      recovered: this.#recovered / queries,
      converged: this.#converged / queries,
      medianDivergence: median(this.#divergences),
      greatestDivergence: this.#divergences.reduce((a, b) => Math.max(a, b)),
      medianIterations: median(this.#iterations),
    };
  }
}
