import type { Command } from 'commander';
import { Option } from 'commander';
import type { CallOptions, FloatArray, Gaussians, Vectors } from '../core/types.ts';
import type { EuclideanMemory } from '../euclidean/memory.ts';
import type { GaussianMemory } from '../gaussian/memory.ts';
import type { SpreadKind } from '../io/gaussians.ts';
import type { NpyArray } from '../io/numpy/npy.ts';
import type { PointCloudMemory } from '../pointcloud/memory.ts';
import type { PointClouds } from '../pointcloud/types.ts';
import type { VonMisesFisherMemory } from '../sphere/memory.ts';
import { UsageError } from './errors.ts';

/** The kinds of memory that `denseam memory` makes, named as in their files. */
export const kinds = ['gaussian', 'euclidean', 'pointcloud'] as const;
export type Kind = (typeof kinds)[number];

/** A memory from a file, with its kind. */
export type OpenMemory =
  | { readonly kind: 'gaussian'; readonly memory: GaussianMemory }
  | { readonly kind: 'euclidean'; readonly memory: EuclideanMemory }
  | { readonly kind: 'pointcloud'; readonly memory: PointCloudMemory };

export type OpenModel = OpenMemory | { readonly kind: 'von-mises-fisher'; readonly memory: VonMisesFisherMemory };

/** Loads a memory of any kind. `index`: whether it gets the index that makes recall fast. */
export async function openModel(path: string, index: boolean, options: CallOptions): Promise<OpenModel> {
  const { openSafetensors } = await import('../io/safetensors/safetensors.ts');
  const file = await openSafetensors(path);
  const { memory: kind } = file.metadata;
  await file.close();
  const memories = await import('../index.ts');
  switch (kind) {
    case 'gaussian':
      return { kind, memory: await memories.GaussianMemory.load(path, { ...options, index }) };
    case 'euclidean':
      return { kind, memory: await memories.EuclideanMemory.load(path, { ...options, index }) };
    case 'pointcloud':
      return { kind, memory: await memories.PointCloudMemory.load(path, options) };
    case 'von-mises-fisher':
      return { kind, memory: await memories.VonMisesFisherMemory.load(path, options) };
    default: {
      const { corruptFile } = await import('../io/files.ts');
      throw corruptFile(path, `expected a saved memory but it holds ${kind === undefined ? 'arrays' : `a "${kind}"`}`);
    }
  }
}

/** Opens a memory that recalls; a von Mises-Fisher memory predicts instead. */
export async function openMemory(path: string, options: CallOptions): Promise<OpenMemory> {
  const model = await openModel(path, true, options);
  if (model.kind !== 'von-mises-fisher') return model;
  throw new UsageError(`"${path}" holds a von Mises-Fisher memory; use denseam predict`);
}

/** Names and meanings of the arrays of an .npz file. */
export interface ArrayOptions {
  readonly spread?: SpreadKind;
  readonly means: string;
  readonly covariances: string;
  readonly values: string;
}

const spreads: readonly SpreadKind[] = ['covariance', 'variance', 'standardDeviation', 'logVariance'];

export function addArrayOptions(command: Command): Command {
  const spread = new Option('--spread <kind>', 'of Gaussians: meaning of the numbers in the array of covariances');
  return command
    .addOption(spread.choices(spreads))
    .option('--means <name>', 'of Gaussians: the array of means', 'means')
    .option('--covariances <name>', 'of Gaussians: the array of covariances, variances, ...', 'covariances')
    .option('--values <name>', 'of vectors: the array of vectors', 'values');
}

/** Help on the contents of an .npz file for each kind. */
export const arraysHelp = `
Arrays in an .npz file:
  gaussian     means (n, d) and covariances (n, d, d), or variances (n, d) or (n,); --spread says what they are
  euclidean    values (n, d)
  pointcloud   points (total, d), weights (total,), and offsets (n + 1,) or sizes (n,)`;

export async function readGaussianItems(
  path: string,
  options: ArrayOptions,
  { signal }: CallOptions,
): Promise<Gaussians> {
  const { spread, means, covariances } = options;
  if (spread === undefined) {
    throw new UsageError(`Expected --spread: what the array "${covariances}" holds (${spreads.join(', ')})`);
  }
  const { readGaussians } = await import('../io/gaussians.ts');
  return readGaussians(path, { kind: spread, means, covariances, signal });
}

export async function readVectors(path: string, name: string, { signal }: CallOptions): Promise<Vectors> {
  const { readNpz } = await import('../io/numpy/npz.ts');
  const array = (await readNpz(path, [name], { signal })).get(name) as NpyArray;
  const [count = 0, dimension = 0] = await shapeOf(path, name, array, 2);
  const { toFloats } = await import('../io/numbers.ts');
  return { count, dimension, values: toFloats(array.data) };
}

export async function readClouds(path: string, { signal }: CallOptions): Promise<PointClouds> {
  const { readNpzIfThere } = await import('../io/numpy/npz.ts');
  const { corruptFile } = await import('../io/files.ts');
  const { toFloats } = await import('../io/numbers.ts');
  const arrays = await readNpzIfThere(path, ['points', 'weights', 'offsets', 'sizes'], { signal });
  const array = (name: string) => {
    const found = arrays.get(name);
    if (found === undefined)
      throw corruptFile(path, `it has no array "${name}", only [${[...arrays.keys()].join(', ')}]`);
    return found;
  };
  const [total = 0, dimension = 0] = await shapeOf(path, 'points', array('points'), 2);
  const offsets = arrays.has('offsets') ? toFloats(array('offsets').data) : runningSums(toFloats(array('sizes').data));
  const bad = offsets.findIndex((offset) => !Number.isInteger(offset) || offset < 0 || offset > total);
  if (bad >= 0) throw corruptFile(path, `its clouds begin or end at point ${offsets[bad]}, and it has ${total} points`);
  if (offsets.at(-1) !== total)
    throw corruptFile(path, `its clouds have ${offsets.at(-1)} points, and it has ${total}`);
  return {
    count: offsets.length - 1,
    dimension,
    offsets: Int32Array.from(offsets),
    points: toFloats(array('points').data),
    weights: toFloats(array('weights').data),
  };
}

function runningSums(sizes: FloatArray): Float64Array {
  const sums = new Float64Array(sizes.length + 1);
  for (const [i, size] of sizes.entries()) sums[i + 1] = (sums[i] as number) + size;
  return sums;
}

async function shapeOf(path: string, name: string, { shape }: NpyArray, axes: number): Promise<readonly number[]> {
  if (shape.length === axes) return shape;
  const { corruptFile } = await import('../io/files.ts');
  throw corruptFile(path, `its array "${name}" has shape (${shape.join(', ')}), expected ${axes} axes`);
}
