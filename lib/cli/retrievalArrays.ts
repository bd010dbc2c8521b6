import type { Gaussians, Retrieval, Vectors } from '../core/types.ts';
import { type Columns, cloudRetrievalColumns, type ResultColumns, retrievalColumns } from '../native/columns.ts';
import type { CloudRetrieval } from '../pointcloud/types.ts';
import { type ResultArray, stacked } from './arrays.ts';

// Results of `denseam memory retrieve` as named arrays.

/**
 * Arrays of retrievals with one beta each. With several, every array that depends on beta has an axis for it in front.
 */
export function retrievalArrays<R>(
  betas: readonly number[],
  retrievals: readonly R[],
  arraysOf: (retrieval: R) => readonly ResultArray[],
): ResultArray[] {
  const all = retrievals.map(arraysOf);
  const first = all[0] ?? [];
  const joined = first.map((array, i) => {
    return shared.includes(array.name) ? array : stacked(all.map((arrays) => arrays[i] as ResultArray));
  });
  return [{ name: 'betas', shape: [betas.length], data: Float64Array.from(betas) }, ...joined];
}

/** Arrays that every beta shares. */
const shared: readonly string[] = ['offsets', 'basis'];

export function gaussianRetrieval(retrieval: Retrieval<Gaussians>): ResultArray[] {
  const { count, dimension, structure, means, covariances, basis } = retrieval.states;
  const shape = { full: [count, dimension, dimension], diagonal: [count, dimension], isotropic: [count] }[structure];
  return [
    { name: 'means', shape: [count, dimension], data: means },
    { name: 'covariances', shape, data: covariances },
    ...(basis ? [{ name: 'basis', shape: [dimension, dimension], data: basis.data }] : []),
    ...columnArrays(retrievalColumns, retrieval),
  ];
}

export function vectorRetrieval(retrieval: Retrieval<Vectors>): ResultArray[] {
  const { count, dimension, values } = retrieval.states;
  return [{ name: 'values', shape: [count, dimension], data: values }, ...columnArrays(retrievalColumns, retrieval)];
}

export function cloudRetrieval(retrieval: CloudRetrieval): ResultArray[] {
  const { count, dimension, offsets, points, weights } = retrieval.states;
  return [
    { name: 'points', shape: [weights.length, dimension], data: points },
    { name: 'weights', shape: [weights.length], data: weights },
    { name: 'offsets', shape: [count + 1], data: offsets },
    ...columnArrays(cloudRetrievalColumns, retrieval),
  ];
}

function columnArrays<C extends Columns>(columns: C, retrieval: ResultColumns<C>): ResultArray[] {
  return Object.entries(columns).map(([name, kind]) => {
    const column = retrieval[name];
    if (typeof kind === 'string') return perQuery(name, column as Float64Array | Int32Array);
    // Arrays hold no words: 1 for "converged", 0 for every other reason to stop.
    const flags = Int32Array.from(column as readonly string[], (word) => (word === 'converged' ? 1 : 0));
    return perQuery('converged', flags);
  });
}

function perQuery(name: string, data: ResultArray['data']): ResultArray {
  return { name, shape: [data.length], data };
}
