import { Random } from '../../lib/core/random.ts';
import { sampleTeacher, sampleUniformSphere } from '../../lib/index.ts';
import type { SphereTrainingData } from '../../lib/sphere/types.ts';

/** Rows from a random teacher: `memories` memories of the classes 1, 2, ..., 1, 2, ... in turn, seen through noise. */
export async function teacherData(
  options: {
    count?: number;
    dimension?: number;
    memories?: number;
    classes?: number;
    beta?: number;
    seed?: number;
  } = {},
): Promise<SphereTrainingData & { readonly labels: Int32Array; readonly values: Float64Array }> {
  const { count = 600, dimension = 16, memories = 6, classes = 3, beta = 60, seed = 1 } = options;
  const teacher = await sampleUniformSphere({ count: memories, dimension, seed });
  const weights = new Float64Array((memories + 1) * (classes + 1));
  for (let mu = 0; mu < memories; mu++) weights[(mu + 1) * (classes + 1) + 1 + (mu % classes)] = 1 / memories;
  const classWeights = { rows: memories + 1, columns: classes + 1, data: weights };
  const { values, labels } = await sampleTeacher({ memories: teacher, classWeights, beta, count, seed });
  return { count, dimension, values, labels, classes };
}

/** The rows in float32, renormalised by the rounding itself. */
export function single<D extends SphereTrainingData>(data: D): D {
  return { ...data, values: Float32Array.from(data.values) };
}

/** `count` rows of the data, from `first` on. */
export function rowsFrom<D extends SphereTrainingData>(data: D, first: number, count: number): D {
  const { dimension, values, labels } = data;
  return {
    ...data,
    count,
    values: values.subarray(first * dimension, (first + count) * dimension),
    labels: labels?.slice(first, first + count),
  };
}

/** 8 x 8 images of one bright bar each, horizontal (class 1) or vertical (class 2). */
export function bars(count: number, seed: number): { readonly images: Uint8Array; readonly labels: number[] } {
  const random = new Random(seed);
  const images = new Uint8Array(count * 64);
  const labels = Array.from({ length: count }, (_, i) => {
    const [isVertical, at] = [random.integer(2) === 1, random.integer(8)];
    for (let k = 0; k < 8; k++) images[i * 64 + (isVertical ? k * 8 + at : at * 8 + k)] = 200 + random.integer(55);
    return isVertical ? 2 : 1;
  });
  return { images, labels };
}
