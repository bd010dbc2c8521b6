import { type NativeSphereModel, native } from '../../lib/native/addon.ts';
import { type ReconstructOptions, reconstruct } from '../../lib/sphere/reconstruction.ts';
import { normalised, type SphereModel, type Table } from '../reference/sphere.ts';
import { TestRandom } from './random.ts';

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
  const rows = native.makeSphereRows({ dimension, precision, capacity: count });
  await native.appendSphereRows(rows, values, { count, name: 'memories', firstIndex: 0, allowsZero: false }).promise;
  const weights = Float64Array.from(model.classWeights.flat());
  return native.makeSphereModel(rows, {
    labels: weights.length / (count + 1),
    classWeights: weights,
    beta: model.beta,
    betaScale: model.betaScale,
  });
}

/** `points` are the final states, row by row. */
export async function runReconstruction(
  model: SphereModel,
  starts: Table,
  options: ReconstructOptions = {},
  precision: 'float32' | 'float64' = 'float64',
) {
  const hiddenUnits = model.memories.length;
  const dimension = (model.memories[0] as readonly number[]).length;
  const shape = { dimension, hiddenUnits, classes: (model.classWeights[0] as readonly number[]).length - 1 };
  const native = await nativeModel(model, precision);
  const { states, ...rest } = await reconstruct(native, shape, vectors(starts, precision), options);
  const values = states.values as Float64Array;
  const points = starts.map((_, i) => [...values.subarray(i * dimension, (i + 1) * dimension)]);
  return { ...rest, states, points };
}

/** Two opposite memories. */
export const PLANE: SphereModel = {
  memories: [
    [1, 0],
    [-1, 0],
  ],
  classWeights: [
    [0, 0],
    [0.25, 0.25],
    [0.25, 0.25],
  ],
  beta: 3,
  betaScale: 1,
};

/** Twenty random memories of 40 dimensions in two classes: the first ten of class 1, the others of class 2. */
export function twoClasses(beta: number): SphereModel {
  const random = new TestRandom(7);
  const memories = Array.from({ length: 20 }, () => normalised([...random.normals(40)]));
  const classWeights = [[0.02, 0.02, 0.02], ...memories.map((_, mu) => (mu < 10 ? [0, 0.047, 0] : [0, 0, 0.047]))];
  return { memories, classWeights, beta, betaScale: 1 };
}
