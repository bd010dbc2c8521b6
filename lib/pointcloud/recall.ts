import { describe } from '../core/describe.ts';
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

// What the measurements of recall have in common.

/** How queries are made and recalled, and what counts as recovered. */
export interface RecoveryOptions extends CallOptions, FlowSteps {
  /** What the perturbation of an item moves; `both` by default. */
  readonly channels?: PerturbedChannels | undefined;
  /** A query has recovered if its own item is the nearest to its state, within this divergence. Default 1e-4. */
  readonly threshold?: number | undefined;
  /** The tolerance of `retrieve`. */
  readonly tolerance?: number | undefined;
  /** The most iterations of `retrieve`. */
  readonly maxIterations?: number | undefined;
  /** What all random choices follow from; 0 by default. */
  readonly seed?: Seed | undefined;
}

/** RecallShares of the queries, and what is known of their states. */
export interface RecallShares {
  /** How many queries the shares are of. */
  readonly queries: number;
  /** Share of the queries whose own item is the nearest to their state. */
  readonly nearest: number;
  /** Share of the queries of which that holds within the threshold. */
  readonly recovered: number;
  /** Share that met the stopping rule. */
  readonly converged: number;
  /** Divergence of the state to the item nearest to it, over the queries. */
  readonly medianDivergence: number;
  readonly greatestDivergence: number;
  readonly medianIterations: number;
}

/** Refuses what is no memory of clouds. One of another copy of this package is one, too. */
export function checkCloudMemory(name: string, value: unknown): void {
  const { epsilon, nearest, retrieve } = fields(name, value, ['epsilon', 'nearest', 'retrieve']);
  const isMemory = typeof epsilon === 'number' && [nearest, retrieve].every((verb) => typeof verb === 'function');
  if (!isMemory) throw shapeError(name, 'a PointCloudMemory', describe(value));
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

/** Counts who came back, over several retrievals. */
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

  /** `targets`: the item that each query was made from. */
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
