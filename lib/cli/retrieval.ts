import type { Gaussians, Retrieval, Vectors } from '../core/types.ts';
import type { NamedArray } from '../io/npzWrite.ts';
import type { CloudRetrieval } from '../pointcloud/types.ts';
import { stacked } from './arrays.ts';

// What `denseam memory retrieve` found, as named arrays.

/** Retrievals with one beta each. Of several, every array that depends on beta has an axis for it in front. */
export function retrievalArrays<R>(
  betas: readonly number[],
  retrievals: readonly R[],
  arraysOf: (retrieval: R) => readonly NamedArray[],
): NamedArray[] {
  const all = retrievals.map(arraysOf);
  const first = all[0] ?? [];
  const joined = first.map((array, i) => {
    return shared.includes(array.name) ? array : stacked(all.map((arrays) => arrays[i] as NamedArray));
  });
  return [{ name: 'betas', shape: [betas.length], data: Float64Array.from(betas) }, ...joined];
}

/** The same for every beta. */
const shared: readonly string[] = ['offsets', 'basis'];

export function gaussianRetrieval(retrieval: Retrieval<Gaussians>): NamedArray[] {
  const { count, dimension, structure, means, covariances, basis } = retrieval.states;
  const shape = { full: [count, dimension, dimension], diagonal: [count, dimension], isotropic: [count] }[structure];
  return [
    { name: 'means', shape: [count, dimension], data: means },
    { name: 'covariances', shape, data: covariances },
    ...(basis ? [{ name: 'basis', shape: [dimension, dimension], data: basis.data }] : []),
    ...scalars(retrieval),
  ];
}

export function vectorRetrieval(retrieval: Retrieval<Vectors>): NamedArray[] {
  const { count, dimension, values } = retrieval.states;
  return [{ name: 'values', shape: [count, dimension], data: values }, ...scalars(retrieval)];
}

export function cloudRetrieval(retrieval: CloudRetrieval): NamedArray[] {
  const { count, dimension, offsets, points, weights } = retrieval.states;
  return [
    { name: 'points', shape: [weights.length, dimension], data: points },
    { name: 'weights', shape: [weights.length], data: weights },
    { name: 'offsets', shape: [count + 1], data: offsets },
    ...commonScalars(retrieval),
    perQuery('nearestDivergence', retrieval.nearestDivergence),
    perQuery('gradientNorm', retrieval.gradientNorm),
    perQuery('marginalError', retrieval.marginalError),
  ];
}

function scalars(retrieval: Retrieval<unknown>): NamedArray[] {
  return [
    ...commonScalars(retrieval),
    perQuery('nearestDistance', retrieval.nearestDistance),
    perQuery('stepLength', retrieval.stepLength),
  ];
}

type Common = Pick<CloudRetrieval, 'energy' | 'nearest' | 'iterations' | 'stopped' | 'evaluated' | 'droppedMass'>;

function commonScalars({ energy, nearest, iterations, stopped, evaluated, droppedMass }: Common): NamedArray[] {
  return [
    perQuery('energy', energy),
    perQuery('nearest', nearest),
    perQuery('iterations', iterations),
    // Arrays hold no words: 1 for "converged", 0 for every other reason to stop.
    perQuery(
      'converged',
      Int32Array.from(stopped, (why) => (why === 'converged' ? 1 : 0)),
    ),
    perQuery('evaluated', evaluated),
    perQuery('droppedMass', droppedMass),
  ];
}

function perQuery(name: string, data: NamedArray['data']): NamedArray {
  return { name, shape: [data.length], data };
}
