import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { types } from 'node:util';
import { type CallOptions, DenseamError, type Images, readIdx, type SphereTrainingData, toSphere } from 'denseam';
import { corruptFile } from 'denseam/cli';
import { dataSets, findDataSet } from './dataSets.ts';

/** Choice of an experiment's images. */
export interface ImageSource {
  /** `mnist`, `fashion-mnist`, or the path of a folder with IDX files of the same names as theirs. */
  readonly data: string;
  /** Training or test set, by the name of its files. */
  readonly part: 'train' | 't10k';
  /** Number of images, from the start; 0 for all. */
  readonly count: number;
}

/** Grey images, a byte a pixel, and their labels. */
export interface LabelledImages {
  readonly images: Images<Uint8Array>;
  /** Labels from 0. */
  readonly labels: Uint8Array;
}

/**
 * @throws DenseamError ERR_RANGE where the data set is not on this machine, lacks a file, or has fewer images than
 * `count`; ERR_CORRUPT_FILE; the system's errors.
 */
export async function readImages(source: ImageSource, { signal }: CallOptions = {}): Promise<Images<Uint8Array>> {
  const { images } = await readFirst(source, { signal });
  return images;
}

/** The first images, and their total number. */
async function readFirst({ data, part, count: wanted }: ImageSource, { signal }: CallOptions) {
  const path = idxPath(data, `${part}-images-idx3-ubyte`, 'images');
  const { shape, data: pixels } = await readIdx(path, { signal });
  if (shape.length !== 3 || !types.isUint8Array(pixels)) {
    throw corruptFile(path, `its shape (${shape.join(', ')}) is not that of images of bytes`);
  }
  const [all = 0, height = 0, width = 0] = shape;
  const count = wanted || all;
  if (count > all) {
    throw new DenseamError('ERR_RANGE', {
      argument: 'the number of images',
      expected: `at most ${all}, the number of images in "${path}",`,
      received: `${count}`,
    });
  }
  return { all, images: { count, height, width, values: pixels.subarray(0, count * height * width) } };
}

/**
 * Images and their labels.
 *
 * @throws as {@link readImages} does.
 */
export async function readLabelledImages(source: ImageSource, { signal }: CallOptions = {}): Promise<LabelledImages> {
  const path = idxPath(source.data, `${source.part}-labels-idx1-ubyte`, 'labels');
  const [{ all, images }, { shape, data: labels }] = await Promise.all([
    readFirst(source, { signal }),
    readIdx(path, { signal }),
  ]);
  if (shape.length !== 1 || labels.length !== all || !types.isUint8Array(labels)) {
    throw corruptFile(path, `it has labels of shape (${shape.join(', ')}) for ${all} images`);
  }
  return { images, labels: labels.subarray(0, images.count) };
}

/**
 * Rows on the sphere, prepared as in the published experiments, with classes: label 0 is class 1, as class 0 is "none".
 */
export async function onSphere(
  { images, labels }: LabelledImages,
  classes: number,
  { signal }: CallOptions = {},
): Promise<SphereTrainingData & { readonly labels: Int32Array }> {
  const { count, height, width, values } = images;
  const rows = await toSphere({ count, dimension: height * width, values }, { signal });
  return { ...rows, labels: Int32Array.from(labels, (label) => label + 1), classes };
}

function findFolder(data: string): string {
  const set = dataSets.find(({ name }) => name === data);
  const folder = set === undefined ? data : findDataSet(set);
  if (folder !== undefined && existsSync(folder)) return folder;
  const [code, how] = set
    ? (['ERR_NOT_INSTALLED', `${set.install}, or denseam data fetch ${set.name}`] as const)
    : (['ERR_RANGE', `there is no folder "${data}"`] as const);
  throw new DenseamError(code, { argument: 'settings.data', expected: 'images', received: `"${data}": ${how}` });
}

/** The file of this name, plain or zipped. */
function idxPath(data: string, name: string, contents: 'images' | 'labels'): string {
  const folder = findFolder(data);
  const found = [name, `${name}.gz`].map((file) => join(folder, file)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new DenseamError('ERR_RANGE', {
    argument: 'settings.data',
    expected: `${contents} in "${join(folder, name)}", or the same with .gz at its end,`,
    received: `"${data}", which has no such file: ${folderFiles}`,
  });
}

const folderFiles =
  'a folder holds train-images-idx3-ubyte and t10k-images-idx3-ubyte, ' +
  'and, for experiments with classes, train-labels-idx1-ubyte and t10k-labels-idx1-ubyte';
