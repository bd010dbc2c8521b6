import { type NativeClouds, native } from '../../lib/native/addon.ts';
import { runTask } from '../../lib/native/calls.ts';
import type { Cloud } from '../reference/pointCloud.ts';
import type { Row, Table } from '../reference/sinkhorn.ts';
import { batchOf } from '../support/clouds.ts';

/** Tighter than the default: tests compare with a reference that goes to rounding. */
export const SOLVER = { marginalTolerance: 1e-12, maxSolverIterations: 10_000, mostCosts: 2 ** 24 };

export interface SolverLimits {
  readonly marginalTolerance?: number;
  readonly maxSolverIterations?: number;
  readonly mostCosts?: number;
}

/** What the addon says of one transport problem. */
export interface Plan {
  readonly value: number;
  readonly transportCost: number;
  readonly marginalError: number;
  readonly iterations: number;
  readonly newtonSteps: number;
  readonly converged: number;
  readonly f: Row;
  readonly g: Row;
  readonly plan: Table;
}

/** What it says of one divergence. */
export interface Divergence {
  readonly value: number;
  readonly marginalError: number;
  readonly converged: number;
  readonly gradient: Row;
  readonly firstVariation: Row;
}

export function dimensionOf(clouds: readonly Cloud[]): number {
  return ((clouds[0] as Cloud).points[0] as Row).length;
}

export function plansOf(
  sources: readonly Cloud[],
  targets: readonly Cloud[],
  epsilon: number,
  limits: SolverLimits = {},
) {
  return plansOfBatches(
    batchOf(sources, 'sources'),
    batchOf(targets, 'targets'),
    dimensionOf(sources),
    epsilon,
    limits,
  );
}

export function plansOfBatches(
  sources: NativeClouds,
  targets: NativeClouds,
  dimension: number,
  epsilon: number,
  limits: SolverLimits = {},
) {
  const solver = { ...SOLVER, ...limits };
  return runTask((onProgress) =>
    native.solveTransport(sources, targets, {
      firstIndex: 0,
      dimension,
      epsilon,
      ...solver,
      wantPlans: true,
      onProgress,
    }),
  );
}

export async function planOf(source: Cloud, target: Cloud, epsilon: number, limits?: SolverLimits): Promise<Plan> {
  const all = await plansOf([source], [target], epsilon, limits);
  return {
    value: all.values[0] as number,
    transportCost: all.transportCosts[0] as number,
    marginalError: all.marginalErrors[0] as number,
    iterations: all.iterations[0] as number,
    newtonSteps: all.newtonSteps[0] as number,
    converged: all.converged[0] as number,
    f: [...all.sourcePotentials],
    g: [...all.targetPotentials],
    plan: tableOf(all.plans, target.weights.length),
  };
}

export function tableOf(values: Float64Array, columns: number): Table {
  return Array.from({ length: values.length / columns }, (_, k) => [
    ...values.subarray(k * columns, (k + 1) * columns),
  ]);
}

export function divergencesOf(
  sources: readonly Cloud[],
  targets: readonly Cloud[],
  epsilon: number,
  limits: SolverLimits = {},
) {
  const [from, to] = [batchOf(sources, 'sources'), batchOf(targets, 'targets')];
  return divergencesOfBatches(from, to, dimensionOf(sources), epsilon, limits);
}

export function divergencesOfBatches(
  sources: NativeClouds,
  targets: NativeClouds,
  dimension: number,
  epsilon: number,
  limits: SolverLimits = {},
) {
  const solver = { ...SOLVER, ...limits };
  return runTask((onProgress) =>
    native.sinkhornDivergences(sources, targets, {
      firstIndex: 0,
      dimension,
      epsilon,
      ...solver,
      wantGradients: true,
      onProgress,
    }),
  );
}

export async function divergenceOf(
  source: Cloud,
  target: Cloud,
  epsilon: number,
  limits?: SolverLimits,
): Promise<Divergence> {
  const all = await divergencesOf([source], [target], epsilon, limits);
  return {
    value: all.values[0] as number,
    marginalError: all.marginalErrors[0] as number,
    converged: all.converged[0] as number,
    gradient: [...all.gradients],
    firstVariation: [...all.firstVariations],
  };
}

/** f'(0) from five points, as in support/differences.ts, of what only a promise gives. */
export async function centralOf(f: (at: number) => Promise<number>, h: number): Promise<number> {
  const [before2, before, after, after2] = [await f(-2 * h), await f(-h), await f(h), await f(2 * h)];
  return (8 * (after - before) - (after2 - before2)) / (12 * h);
}
