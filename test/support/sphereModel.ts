import { type NativeSphereModel, native } from '../../lib/native.ts';
import type { SphereModel, Table } from '../reference/sphere.ts';

export function vectors(points: Table, precision: 'float32' | 'float64' = 'float64') {
  const values = points.flat();
  return {
    count: points.length,
    dimension: (points[0] as readonly number[]).length,
    values: precision === 'float32' ? Float32Array.from(values) : Float64Array.from(values),
  };
}

/** The reference's model as the addon takes it. */
export async function nativeModel(
  model: SphereModel,
  precision: 'float32' | 'float64' = 'float64',
): Promise<NativeSphereModel> {
  const { count, dimension, values } = vectors(model.memories, precision);
  const rows = native.makeSphereRows(dimension, precision, count);
  await native.appendSphereRows(rows, count, values, 'memories', 0, false).promise;
  const weights = Float64Array.from(model.classWeights.flat());
  return native.makeSphereModel(rows, weights.length / (count + 1), weights, model.beta, model.betaScale);
}
