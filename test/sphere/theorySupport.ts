import type { ClassWeights, Matrix, VonMisesFisherParameters } from '../../lib/index.ts';
import { normalised, type SphereModel, type Table } from '../reference/sphere.ts';
import { TestRandom } from '../support/random.ts';

export function matrixOf(rows: Table): Matrix {
  const columns = (rows[0] as readonly number[]).length;
  return { rows: rows.length, columns, data: Float64Array.from(rows.flat()) };
}

export function vectorsOf(rows: Table) {
  const { rows: count, columns: dimension, data: values } = matrixOf(rows);
  return { count, dimension, values };
}

export function parametersOf({ memories, classWeights, beta, betaScale }: SphereModel): VonMisesFisherParameters {
  const { count: hiddenUnits, dimension, values } = vectorsOf(memories);
  const weights = matrixOf(classWeights);
  return {
    dimension,
    hiddenUnits,
    classes: weights.columns - 1,
    beta,
    betaScale,
    memories: values,
    classWeights: weights,
  };
}

export function tableOf({ data, columns }: ClassWeights): number[][] {
  return Array.from({ length: data.length / columns }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);
}

export function modelOf(parameters: VonMisesFisherParameters): SphereModel {
  const { memories, dimension, classWeights, beta, betaScale } = parameters;
  return {
    memories: tableOf({ rows: 0, columns: dimension, data: memories }),
    classWeights: tableOf(classWeights),
    beta,
    betaScale,
  };
}

/** Every row times a number of its own. */
export function scaledRows(rows: Table, factors: ArrayLike<number>): number[][] {
  return rows.map((row, i) => row.map((value) => value * (factors[i] as number)));
}

/** Patterns on the sphere in R^dimension, each near one of some centres, with soft labels that follow the centre. */
export function clusteredPatterns(
  seed: number,
  {
    dimension,
    centres,
    each,
    classes,
    spread,
  }: Record<'dimension' | 'centres' | 'each' | 'classes' | 'spread', number>,
): { patterns: number[][]; targets: number[][] } {
  const random = new TestRandom(seed);
  const middles = Array.from({ length: centres }, () => normalised([...random.normals(dimension)]));
  const indices = Array.from({ length: centres * each }, (_, n) => n % centres);
  const patterns = indices.map((centre) =>
    normalised((middles[centre] as number[]).map((value) => value + (spread / Math.sqrt(dimension)) * random.normal())),
  );
  const targets = indices.map((centre) =>
    Array.from({ length: classes + 1 }, (_, y) => (y === 1 + (centre % classes) ? 0.9 : 0) + 0.1 / (classes + 1)),
  );
  return { patterns, targets };
}
