import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DenseamError } from '../core/errors.ts';
import type { CallOptions } from '../core/types.ts';
import { corruptFile } from '../io/files.ts';
import { readIdx } from '../io/idx.ts';
import { type Images, toSphere } from '../sphere/preparation.ts';
import type { SphereTrainingData } from '../sphere/types.ts';
import { dataSets, findDataSet } from './dataSets.ts';

/** Which images an experiment works on. */
export interface ImageSource {
  /** `mnist`, `fashion-mnist`, or the path of a folder with IDX files of the same names as theirs. */
  readonly data: string;
  /** The set to train on, or the one to test on, as the files are called. */
  readonly part: 'train' | 't10k';
  /** How many images from the start; 0 for all. */
  readonly count: number;
}

/** Grey images, a byte a pixel, and what they show. */
export interface LabelledImages {
  readonly images: Images<Uint8Array>;
  /** From 0. */
  readonly labels: Uint8Array;
}

/**
 * @throws DenseamError ERR_RANGE where the data set is not on this machine, or has fewer images than `count`; ERR_CORRUPT_FILE; the
 * system's errors.
 */
export async function readLabelledImages(source: ImageSource, { signal }: CallOptions = {}): Promise<LabelledImages> {
  const { part, count: wanted } = source;
  const folder = findFolder(source.data);
  const imagesPath = idxPath(folder, `${part}-images-idx3-ubyte`);
  const labelsPath = idxPath(folder, `${part}-labels-idx1-ubyte`);
  const [{ shape, data: pixels }, { shape: labelShape, data: labels }] = await Promise.all([
    readIdx(imagesPath, { signal }),
    readIdx(labelsPath, { signal }),
  ]);
  if (shape.length !== 3 || !(pixels instanceof Uint8Array)) {
    throw corruptFile(imagesPath, `its shape (${shape.join(', ')}) is not that of images of bytes`);
  }
  const [all = 0, height = 0, width = 0] = shape;
  if (labelShape.length !== 1 || labels.length !== all || !(labels instanceof Uint8Array)) {
    throw corruptFile(labelsPath, `it has labels of shape (${labelShape.join(', ')}) for ${all} images`);
  }
  const count = wanted || all;
  if (count > all) {
    const expected = `Expected at most ${all}, the number of images in "${imagesPath}", for the number of images`;
    throw new DenseamError('ERR_RANGE', `${expected} but received ${count}`);
  }
  const values = pixels.subarray(0, count * height * width);
  return { images: { count, height, width, values }, labels: labels.subarray(0, count) };
}

/** Rows on the sphere, as the published experiments prepare them, with classes: label 0 is class 1, as class 0 is "none". */
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
  const how = set ? `${set.install}, or denseam data fetch ${set.name}` : `there is no folder "${data}"`;
  throw new DenseamError('ERR_RANGE', `Expected images for settings.data but received "${data}": ${how}`);
}

/** The file of this name, plain or zipped. */
function idxPath(folder: string, name: string): string {
  const plain = join(folder, name);
  return existsSync(plain) ? plain : `${plain}.gz`;
}
