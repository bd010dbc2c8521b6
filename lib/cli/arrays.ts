import { extname } from 'node:path';
import { types } from 'node:util';
import { DenseamError } from '../core/errors.ts';
import type { CallOptions, FloatArray } from '../core/types.ts';
import { writeContents } from '../io/atomic.ts';
import type { NamedArray } from '../io/numpy/writeNpz.ts';
import { UsageError } from './errors.ts';

/** Result of a command: numbers with a name and a shape. */
export type ResultArray = NamedArray<FloatArray | Int32Array>;

/** Help for the option of the output file of arrays. */
export const outputHelp = 'output file of the arrays, which ends in .npz, .safetensors or .json';

const endings = ['.npz', '.safetensors', '.json'];

/** Refuses a file of another kind before anything is computed. */
export function checkOutput(path: string | undefined): void {
  // A folder may have the extension, too: "a.npz/".
  if (path === undefined || endings.some((ending) => extname(path) === ending && path.endsWith(ending))) return;
  throw new UsageError(`Expected a file that ends in ${endings.join(', ')} for --out but received "${path}"`);
}

/** Writes arrays in the format of the file's ending. */
export async function writeArrays(
  path: string,
  arrays: readonly ResultArray[],
  { signal }: Pick<CallOptions, 'signal'>,
): Promise<void> {
  if (extname(path) === '.npz') {
    const { writeNpz } = await import('../io/numpy/writeNpz.ts');
    await writeNpz(path, arrays, { signal });
  } else if (extname(path) === '.safetensors') await writeTensors(path, arrays, signal);
  else await writeContents(path, `${JSON.stringify(nestedArrays(arrays))}\n`);
}

/** Writes a safetensors file. Integers of 32 bits become float64, since denseam writes no integer tensors. */
async function writeTensors(
  path: string,
  arrays: readonly ResultArray[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const { writeSafetensors } = await import('../io/safetensors/safetensors.ts');
  const floats = arrays.map(({ data, ...rest }) => {
    return { ...rest, data: types.isInt32Array(data) ? Float64Array.from(data) : data };
  });
  await writeSafetensors(
    path,
    {
      tensors: floats.map(({ name, shape, data }) => {
        return { name, shape, dtype: types.isFloat32Array(data) ? 'F32' : 'F64' };
      }),
      chunks: floats.map(({ name, data }) => ({ tensor: name, data })),
    },
    { signal },
  );
}

/** Arrays in JSON: lists of lists, by name. */
export function nestedArrays(arrays: readonly ResultArray[]): Record<string, unknown> {
  return Object.fromEntries(arrays.map(({ name, shape, data }) => [name, nested(shape, data)]));
}

function nested(shape: readonly number[], data: ResultArray['data']): unknown {
  const [extent, ...inner] = shape;
  if (extent === undefined) return data[0];
  if (inner.length === 0) return Array.from(data);
  const width = data.length / extent;
  return Array.from({ length: extent }, (_, i) => nested(inner, data.subarray(i * width, (i + 1) * width)));
}

/** One array of several results of the same shape, with an axis for them in front; a single one stays as it is. */
export function stacked(results: readonly ResultArray[]): ResultArray {
  const [first] = results;
  if (first === undefined) throw new DenseamError('ERR_SHAPE', 'Expected at least one result but received none');
  if (results.length === 1) return first;
  const Type = first.data.constructor as new (length: number) => ResultArray['data'];
  const data = new Type(first.data.length * results.length);
  for (const [index, each] of results.entries()) data.set(each.data, index * first.data.length);
  return { name: first.name, shape: [results.length, ...first.shape], data };
}
