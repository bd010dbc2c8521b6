/**
 * Recovery of weighted point clouds from perturbations of their points and their weights: by the flow with both
 * channels, with transport or reweighting alone, and by the classical memory on flattened clouds. The design follows
 * the synthetic experiments of Mustafi (2026), whose settings are not public.
 */

import { max } from 'd3-array';
import {
  type CallOptions,
  cloudSeparation,
  EuclideanMemory,
  type FlowSteps,
  flattenClouds,
  PointCloudMemory,
  type PointClouds,
  perturbClouds,
  Random,
  samplePointClouds,
  unflattenClouds,
} from 'denseam';
import { type ExperimentOptions, Stages } from '../core/stages.ts';
import { median, shareOf } from '../core/statistics.ts';
import type { RecoverySettings } from './settings.ts';

/** Channels of recovery. `shuffled`: the classical memory with the points of every query in random order. */
export const recoveryChannels = ['both', 'transport', 'reweighting', 'euclidean', 'shuffled'] as const;

export type RecoveryChannel = (typeof recoveryChannels)[number];

/** Result of the queries in one channel, or (`none`) their initial state. */
export interface RecoveryRow {
  readonly channel: RecoveryChannel | 'none';
  /** Divergence to the own item, over the queries. */
  readonly medianDivergence: number;
  readonly greatestDivergence: number;
  /** Energy in the point-cloud memory. */
  readonly medianEnergy: number;
  /** Share of the queries to whose state the own item is the nearest. */
  readonly nearest: number;
  /** Share of the queries whose state is within the threshold of the own item. */
  readonly recovered: number;
  readonly medianIterations: number;
}

export interface RecoveryResult {
  readonly settings: RecoverySettings;
  /** Least divergence between two stored clouds. */
  readonly separation: number;
  /** The queries, then every channel in the order of {@link recoveryChannels}. */
  readonly rows: readonly RecoveryRow[];
}

/** Expected time of every stage beside that of one open channel of the flow, for the progress only. */
const work = { setUp: 0.5, flow: 1, baseline: 0.1 };

/**
 * Runs the experiment: one query for every stored cloud. Rejects with ERR_RANGE or ERR_SHAPE if settings do not fit.
 */
export async function runRecovery(
  settings: RecoverySettings,
  options: ExperimentOptions = {},
): Promise<RecoveryResult> {
  const stages = new Stages(work.setUp + 3 * work.flow + 2 * work.baseline, options);
  const { memory, items, queries, separation } = await stages.run('storing and perturbing', work.setUp, (options) =>
    setUp(settings, options),
  );
  const rows = [await row('none', memory, { states: queries, iterations: [0] }, settings, options)];
  for (const channel of recoveryChannels) {
    const isFlow = channel in flowSteps;
    const recovery = await stages.run(channel, isFlow ? work.flow : work.baseline, (options) =>
      isFlow
        ? memory.retrieve(queries, { ...flowOf(channel as FlowChannel, settings), ...options })
        : recoverClassically(items, channel === 'shuffled' ? shuffled(queries, settings) : queries, settings, options),
    );
    rows.push(await row(channel, memory, recovery, settings, options));
  }
  return { settings, separation, rows };
}

interface SetUp {
  readonly memory: PointCloudMemory;
  readonly items: PointClouds;
  readonly queries: PointClouds;
  readonly separation: number;
}

async function setUp(settings: RecoverySettings, options: CallOptions): Promise<SetUp> {
  const { count, dimension, points, spread, radius, concentration, epsilon, divergence, seed } = settings;
  const { signal } = options;
  const model = { points, spread, radius, weights: 'random', concentration } as const;
  const items = await samplePointClouds({ count, dimension, ...model, seed, signal });
  const memory = await PointCloudMemory.create(items, { epsilon, signal });
  const queries = await perturbClouds(items, divergence, { epsilon, channels: 'both', seed, ...options });
  const separation = await cloudSeparation(memory, { signal });
  return { memory, items, queries, separation: separation.divergence };
}

type FlowChannel = 'both' | 'transport' | 'reweighting';

const flowSteps: Readonly<Record<FlowChannel, FlowSteps>> = {
  both: {},
  transport: { reweightStep: 0 },
  reweighting: { transportStep: 0 },
};

function flowOf(channel: FlowChannel, { beta, tolerance, maxIterations }: RecoverySettings) {
  return { ...flowSteps[channel], beta, tolerance, maxIterations };
}

/** States of one channel. */
interface Recovery {
  readonly states: PointClouds;
  readonly iterations: ArrayLike<number>;
}

/** By the memory on flattened clouds. A state has the weights of its query: this memory knows nothing of weights. */
async function recoverClassically(
  items: PointClouds,
  queries: PointClouds,
  { beta, points, tolerance, maxIterations }: RecoverySettings,
  { signal, onProgress }: CallOptions,
): Promise<Recovery> {
  const memory = await EuclideanMemory.create(flattenClouds(items), { signal });
  // Squared distances are sums over the points, divergences means.
  const recall = { beta: beta / points, tolerance, maxIterations, signal, onProgress };
  const { states, iterations } = await memory.retrieve(flattenClouds(queries), recall);
  return { states: unflattenClouds(states, queries), iterations };
}

/** The clouds with their points in random order. */
function shuffled(clouds: PointClouds, { seed }: RecoverySettings): PointClouds {
  const { count, dimension: d, offsets, points, weights } = clouds;
  const random = new Random(seed);
  const result = { ...clouds, points: Float64Array.from(points), weights: Float64Array.from(weights) };
  for (let i = 0; i < count; i++) {
    const [begin, end] = [offsets[i] as number, offsets[i + 1] as number];
    const order = random.shuffle(Int32Array.from({ length: end - begin }, (_, k) => begin + k));
    for (const [at, from] of order.entries()) {
      result.points.set(points.subarray(from * d, (from + 1) * d), (begin + at) * d);
      result.weights[begin + at] = weights[from] as number;
    }
  }
  return result;
}

export async function row(
  channel: RecoveryRow['channel'],
  memory: PointCloudMemory,
  { states, iterations }: Recovery,
  { beta, threshold }: RecoverySettings,
  { signal }: ExperimentOptions,
): Promise<RecoveryRow> {
  const { data, columns } = await memory.divergences(states, { signal });
  const energy = await memory.energy(states, { beta, signal });
  const own = Float64Array.from({ length: states.count }, (_, i) => data[i * columns + i] as number);
  const isNearest = (divergence: number, i: number) =>
    data.subarray(i * columns, (i + 1) * columns).every((other) => divergence <= other);
  return {
    channel,
    medianDivergence: median(own),
    greatestDivergence: max(own) as number,
    medianEnergy: median(energy),
    nearest: shareOf(own, isNearest),
    recovered: shareOf(own, (divergence) => divergence <= threshold),
    medianIterations: median(iterations),
  };
}
