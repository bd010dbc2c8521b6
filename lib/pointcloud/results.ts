import { DenseamError } from '../core/errors.ts';
import { alignedSteps, concatColumns } from '../memory/columns.ts';
import { concatFloats } from '../memory/parts.ts';
import {
  cloudRetrievalColumns,
  type NativeCloudRetrieval,
  type NativeCloudStates,
  type NativeStoppingRule,
} from '../native/addon.ts';
import { toPointClouds } from './batches.ts';
import type { CloudRetrieval, SolverStop } from './types.ts';

// Joined results of the parts of a batch.

/**
 * Refuses unsolved problems where the result has no field to report them: those of `name` from index `first` on, with
 * the marginal error of each.
 */
export function checkSolved(
  name: string,
  first: number,
  marginalErrors: Float64Array,
  { marginalTolerance, maxSolverIterations }: NativeStoppingRule,
): void {
  const at = marginalErrors.findIndex((error) => !(error <= marginalTolerance));
  if (at < 0) return;
  throw new DenseamError('ERR_NOT_CONVERGED', {
    argument: `the transport problems of ${name}[${first + at}]`,
    expected: `a marginal error of at most ${marginalTolerance}`,
    found: `reached ${marginalErrors[at]}`,
    hint: `raise epsilon or marginalTolerance, or maxSolverIterations (${maxSolverIterations}) if they were used up`,
  });
}

/** Number of flags that are not set. */
export function zeros(flags: Uint8Array): number {
  let count = 0;
  for (const flag of flags) if (flag === 0) count++;
  return count;
}

const solverStops: readonly SolverStop[] = ['iterations', 'converged', 'stalled'];

/** Reason why each problem of a solver ended. */
export function solverStopsOf({ converged }: { readonly converged: Uint8Array }): SolverStop[] {
  return Array.from(converged, (stop) => solverStops[stop] as SolverStop);
}

function concatClouds(parts: readonly NativeCloudStates[]): NativeCloudStates {
  if (parts.length === 1) return parts[0] as NativeCloudStates;
  return {
    count: parts.reduce((count, part) => count + part.count, 0),
    offsets: concatOffsets(parts.map((part) => part.offsets)),
    points: concatFloats(parts.map((part) => part.points)),
    weights: concatFloats(parts.map((part) => part.weights)),
  };
}

/** Offsets of batches one after the other. */
function concatOffsets(parts: readonly Int32Array[]): Int32Array {
  const offsets = new Int32Array(parts.reduce((count, part) => count + part.length - 1, 1));
  let at = 0;
  for (const part of parts) {
    const base = offsets[at] as number;
    for (let i = 1; i < part.length; i++) offsets[at + i] = base + (part[i] as number);
    at += part.length - 1;
  }
  return offsets;
}

export function toRetrieval(dimension: number, parts: readonly NativeCloudRetrieval[]): CloudRetrieval {
  const trajectory = alignedSteps(parts.map((part) => part.trajectory));
  const energies = alignedSteps(parts.map((part) => part.trajectoryEnergy));
  return {
    ...concatColumns(cloudRetrievalColumns, parts),
    states: toPointClouds(dimension, concatClouds(parts.map((part) => part.states))),
    ...(trajectory.length > 0 && {
      trajectory: trajectory.map((step) => toPointClouds(dimension, concatClouds(step))),
      trajectoryEnergy: energies.map(concatFloats),
    }),
  };
}
