import { DenseamError } from '../core/errors.ts';
import { greatest } from '../core/statistics.ts';
import { concatFloats, concatInts } from '../memory/parts.ts';
import type { NativeCloudRetrieval, NativeCloudStates, NativeSolverOptions } from '../native/addon.ts';
import { toPointClouds } from './batches.ts';
import { selectClouds } from './select.ts';
import type { CloudRetrieval, CloudStop, SolverStop } from './types.ts';

// Results of the parts of a batch, put together.

const stops: readonly CloudStop[] = ['iterations', 'converged', 'stalled', 'unsolved'];

/**
 * Refuses results that do not tell when they are none: those of `name` from index `first` on, with the marginal error of each.
 */
export function checkSolved(
  name: string,
  first: number,
  marginalErrors: Float64Array,
  { marginalTolerance, maxSolverIterations }: NativeSolverOptions,
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

/** How many of the flags are not set. */
export function zeros(flags: Uint8Array): number {
  let count = 0;
  for (const flag of flags) if (flag === 0) count++;
  return count;
}

const solverStops: readonly SolverStop[] = ['iterations', 'converged', 'stalled'];

/** Why each problem of a solver ended. */
export function solverStopsOf({ converged }: { readonly converged: Uint8Array }): SolverStop[] {
  return Array.from(converged, (stop) => solverStops[stop] as SolverStop);
}

export function concatClouds(parts: readonly NativeCloudStates[]): NativeCloudStates {
  if (parts.length === 1) return parts[0] as NativeCloudStates;
  return {
    count: parts.reduce((count, part) => count + part.count, 0),
    offsets: concatOffsets(parts.map((part) => part.offsets)),
    points: concatFloats(parts.map((part) => part.points)),
    weights: concatFloats(parts.map((part) => part.weights)),
  };
}

/** Offsets of batches one after the other. */
export function concatOffsets(parts: readonly Int32Array[]): Int32Array {
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
  const floats = (pick: (part: NativeCloudRetrieval) => Float64Array) => concatFloats(parts.map(pick));
  const trajectory = concatSteps(parts.map((part) => part.trajectory ?? []));
  const energies = concatSteps(parts.map((part) => part.trajectoryEnergy ?? []));
  return {
    states: toPointClouds(dimension, concatClouds(parts.map((part) => part.states))),
    energy: floats((part) => part.energy),
    nearest: concatInts(parts.map((part) => part.nearest)),
    nearestDivergence: floats((part) => part.nearestDivergence),
    iterations: concatInts(parts.map((part) => part.iterations)),
    gradientNorm: floats((part) => part.gradientNorm),
    marginalError: floats((part) => part.marginalError),
    stopped: parts.flatMap((part) => Array.from(part.stopped, (stop) => stops[stop] as CloudStop)),
    evaluated: concatInts(parts.map((part) => part.evaluated)),
    droppedMass: floats((part) => part.droppedMass),
    ...(trajectory.length > 0 && {
      trajectory: trajectory.map((step) => toPointClouds(dimension, concatClouds(step))),
      trajectoryEnergy: energies.map(concatFloats),
    }),
  };
}

/** For each iteration what every part has of it. Parts end after different numbers of iterations; the shorter ones stay. */
function concatSteps<T>(parts: readonly (readonly T[])[]): T[][] {
  const length = greatest(parts.map((steps) => steps.length));
  return Array.from({ length }, (_, k) => parts.map((steps) => steps[Math.min(k, steps.length - 1)] as T));
}

/** Results `first`, `first + step`, ... of a retrieval. */
export function everyNthRetrieval(retrieval: NativeCloudRetrieval, first: number, step: number): NativeCloudRetrieval {
  const pick = <A extends Numbers>(values: A) => everyNth(values, first, step);
  return {
    states: everyNthCloud(retrieval.states, first, step),
    energy: pick(retrieval.energy),
    nearest: pick(retrieval.nearest),
    nearestDivergence: pick(retrieval.nearestDivergence),
    iterations: pick(retrieval.iterations),
    gradientNorm: pick(retrieval.gradientNorm),
    marginalError: pick(retrieval.marginalError),
    stopped: pick(retrieval.stopped),
    evaluated: pick(retrieval.evaluated),
    droppedMass: pick(retrieval.droppedMass),
    trajectory: retrieval.trajectory?.map((states) => everyNthCloud(states, first, step)),
    trajectoryEnergy: retrieval.trajectoryEnergy?.map(pick),
  };
}

type Numbers = Float64Array | Int32Array | Uint8Array;

function everyNth<A extends Numbers>(values: A, first: number, step: number): A {
  return values.filter((_, i) => i % step === first) as A;
}

function everyNthCloud(states: NativeCloudStates, first: number, step: number): NativeCloudStates {
  const dimension = states.points.length / states.weights.length;
  const indices = Array.from({ length: states.count / step }, (_, i) => first + i * step);
  return selectClouds({ ...states, dimension }, indices);
}
