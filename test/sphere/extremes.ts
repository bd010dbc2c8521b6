/** Memories of one class each, for extreme beta, and closed forms in three dimensions. */
import { VonMisesFisherMemory } from '../../lib/index.ts';

export type Row = readonly number[];

export const PRECISIONS = ['float32', 'float64'] as const;

export function typed(rows: readonly Row[], precision: 'float32' | 'float64') {
  return precision === 'float32' ? Float32Array.from(rows.flat()) : Float64Array.from(rows.flat());
}

export function vectors(rows: readonly Row[], precision: 'float32' | 'float64' = 'float64') {
  return { count: rows.length, dimension: (rows[0] as Row).length, values: typed(rows, precision) };
}

export interface Given {
  readonly memories: readonly Row[];
  readonly beta: number;
  readonly betaScale?: number;
  readonly precision?: 'float32' | 'float64';
}

/** Memory mu alone has class mu + 1, and all are as likely. */
export function ownClasses({
  memories,
  beta,
  betaScale = 1,
  precision = 'float64',
}: Given): Promise<VonMisesFisherMemory> {
  const count = memories.length;
  const data = new Float64Array((count + 1) * (count + 1));
  for (let mu = 1; mu <= count; mu++) data[mu * (count + 1) + mu] = 1 / count;
  const classWeights = { rows: count + 1, columns: count + 1, data };
  const { dimension, values } = vectors(memories, precision);
  return VonMisesFisherMemory.from({
    dimension,
    hiddenUnits: count,
    classes: count,
    beta,
    betaScale,
    memories: values,
    classWeights,
  });
}

/** kappa - log(sinh kappa / kappa), N = 3. */
export function deficit(kappa: number): number {
  return kappa < 1e-2
    ? kappa - (kappa * kappa) / 6 + kappa ** 4 / 180
    : Math.log((2 * kappa) / -Math.expm1(-2 * kappa));
}

/** A random direction, whose coordinates are rounded. */
export const tilted = [0.36, -0.48, 0.8];
