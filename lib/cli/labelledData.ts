import { types } from 'node:util';
import type { CallOptions, FloatArray, Vectors } from '../core/types.ts';
import { rangeError } from '../core/validate.ts';
import { corruptFile, openForReading, readFully } from '../io/files.ts';
import { readIdx } from '../io/idx.ts';
import { type NumberArray, toFloats } from '../io/numbers.ts';
import { readNpzIfThere } from '../io/numpy/npz.ts';
import { toSphere } from '../sphere/preparation.ts';

/** Directions with their classes, the data of von Mises-Fisher memories. */
export interface LabelledData extends Vectors {
  /** The class of every row: its label + 1, or 0 for none. */
  readonly labels?: Int32Array;
}

export interface DataOptions {
  /** IDX file of labels. */
  readonly labels?: string;
  /** Rows from the start; all by default. */
  readonly rows?: number;
  /** Whether each row's own mean is subtracted. */
  readonly centre: boolean;
}

interface Numbers {
  readonly shape: readonly number[];
  readonly data: NumberArray;
}

/**
 * Rows of an IDX file of images, or of the array `values` of an .npz file, put on the sphere; labels of an IDX file of
 * their own, or of the array `labels` of the .npz file. Labels are counted from 0, and -1 is none.
 */
export async function readLabelled(path: string, options: DataOptions, call: CallOptions): Promise<LabelledData> {
  const { signal } = call;
  const isNpz = await isZip(path);
  const arrays = isNpz ? await readNpzIfThere(path, ['values', 'labels'], { signal }) : undefined;
  const values: Numbers | undefined = arrays ? arrays.get('values') : await readIdx(path, { signal });
  if (values === undefined) throw corruptFile(path, 'it has no array "values"');
  const [all = 0, ...inner] = values.shape;
  if (inner.length === 0 || all === 0)
    throw corruptFile(path, `its shape (${values.shape.join(', ')}) is not (rows, numbers)`);
  const count = Math.min(options.rows ?? all, all);
  const dimension = inner.reduce((product, extent) => product * extent, 1);
  const given = types.isUint8Array(values.data) ? values.data : toFloats(values.data);
  const wanted = given.subarray(0, count * dimension) as Uint8Array | FloatArray;
  const rows = await toSphere({ count, dimension, values: wanted }, { ...call, centre: options.centre });
  const labels = options.labels === undefined ? arrays?.get('labels') : await readIdx(options.labels, { signal });
  if (labels === undefined) return rows;
  return { ...rows, labels: classesOf(options.labels ?? path, labels, all, count) };
}

async function isZip(path: string): Promise<boolean> {
  const { handle, size } = await openForReading(path);
  try {
    const start = new Uint8Array(Math.min(2, size));
    await readFully(handle, start, 0, path);
    return start[0] === 0x50 && start[1] === 0x4b; // "PK"
  } finally {
    await handle.close();
  }
}

function classesOf(path: string, { shape, data }: Numbers, all: number, count: number): Int32Array {
  if (shape.length !== 1 || data.length !== all) {
    throw corruptFile(path, `it has labels of shape (${shape.join(', ')}) for ${all} rows`);
  }
  return Int32Array.from({ length: count }, (_, i) => {
    const label = data[i] as number;
    if (Number.isInteger(label) && label >= -1 && label < 2 ** 20) return label + 1;
    throw rangeError(`label ${i} of "${path}"`, 'an integer from -1 (none) up', label);
  });
}
