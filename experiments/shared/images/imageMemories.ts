/** Memories of the image experiments, and their items and queries: whole and masked images. */
import {
  type CallOptions,
  EuclideanMemory,
  type FloatArray,
  GaussianMemory,
  type Gaussians,
  type Vectors,
} from 'denseam';
import { type Contender, measureRecall, type RecallCurve } from '../../core/recall.ts';
import type { Stages } from '../../core/stages.ts';
import { describeImages } from './features.ts';
import type { ImageSample, MaskKind } from './imageSample.ts';
import { applyMask, fullMask, type Mask } from './masks.ts';
import type { ImageSettings } from './recallSettings.ts';
import { type FeatureScale, fitScale, mapGaussians } from './scaling.ts';

/** Batches for a memory: the stored images, and each of them masked, in the order of the sample's targets. */
export interface Batches<Batch> {
  readonly items: Batch;
  readonly masked: Readonly<Record<MaskKind, Batch>>;
}

/** Cost of describing one image relative to one iteration of one query of the contenders, for the progress only. */
export const descriptionCost = 20;

export function createContenders({ ridge }: { readonly ridge: number }) {
  const gaussian: Contender<Gaussians> = {
    label: 'Gaussian memory',
    cost: 100,
    create: async (items, options) => {
      const memory = await GaussianMemory.create(items, options);
      return {
        nearest: (queries, options) => memory.nearest(queries, { ...options, ridge }),
        retrieve: (queries, options) => memory.retrieve(queries, { ...options, ridge }),
      };
    },
  };
  const createEuclidean = (items: Vectors, options: CallOptions) => EuclideanMemory.create(items, options);
  const euclidean: Contender<Vectors> = { label: 'Euclidean memory', cost: 1, create: createEuclidean };
  const pixels: Contender<Vectors> = { label: 'Pixel memory', cost: 5, create: createEuclidean };
  return { gaussian, euclidean, pixels };
}

/** The descriptors of the stored images, whole and masked, in the features' own units. */
export async function describeSample(sample: ImageSample, stages: Stages): Promise<Batches<Gaussians>> {
  const { images, masks, size } = sample;
  const describe = (label: string, images: readonly Float64Array[], masks: readonly Mask[]) =>
    stages.run(`Describing ${label}`, descriptionCost * images.length, (options) =>
      describeImages(images, masks, size, options),
    );
  const originals = inOrder(images, sample.targets);
  const items = await describe('images', images, new Array(images.length).fill(fullMask(size)));
  const random = await describe('images, random mask', originals, masks.random);
  const block = await describe('images, block mask', originals, masks.block);
  return { items, masked: { random, block } };
}

/** The elements at these indices. */
function inOrder<T>(elements: readonly T[], indices: Int32Array): T[] {
  return Array.from(indices, (index) => elements[index] as T);
}

/** The first members of a batch, as views. */
export function firstOf<Batch extends Gaussians | Vectors>(batch: Batch, count: number): Batch {
  const cut = (values: FloatArray) => values.subarray(0, (values.length / batch.count) * count);
  if ('values' in batch) return { ...batch, count, values: cut(batch.values) };
  return { ...batch, count, means: cut(batch.means), covariances: cut(batch.covariances) };
}

export function mapBatches<From, To>({ items, masked }: Batches<From>, map: (batch: From) => To): Batches<To> {
  return { items: map(items), masked: { random: map(masked.random), block: map(masked.block) } };
}

/** Features in the given scale, fitted to the stored items alone. */
export function scaled(features: Batches<Gaussians>, scale: FeatureScale): Batches<Gaussians> {
  const map = fitScale(features.items, scale);
  return mapBatches(features, (batch) => mapGaussians(batch, map));
}

/** Each Gaussian as one vector, its mean followed by its covariance: the Euclidean baseline of the published work. */
export function stacked({ count, dimension: d, means, covariances }: Gaussians): Vectors {
  const width = covariances.length / count;
  const dimension = d + width;
  const values = new Float64Array(count * dimension);
  for (let n = 0; n < count; n++) {
    values.set(means.subarray(n * d, (n + 1) * d), n * dimension);
    values.set(covariances.subarray(n * width, (n + 1) * width), n * dimension + d);
  }
  return { count, dimension, values };
}

export function pixelBatches({ images, masks, targets, size }: ImageSample): Batches<Vectors> {
  const dimension = size.height * size.width;
  const vectors = (images: readonly Float64Array[]): Vectors => {
    const values = new Float64Array(images.length * dimension);
    for (const [n, image] of images.entries()) values.set(image, n * dimension);
    return { count: images.length, dimension, values };
  };
  const originals = inOrder(images, targets);
  const masked = (kind: MaskKind) => vectors(originals.map((image, n) => applyMask(image, masks[kind][n] as Mask)));
  return { items: vectors(images), masked: { random: masked('random'), block: masked('block') } };
}

/** The recall of the sample's queries under either mask by one memory, at every beta. */
export function recallImages<Batch extends Gaussians | Vectors>(
  contender: Contender<Batch>,
  { items, masked }: Batches<Batch>,
  { targets }: ImageSample,
  settings: ImageSettings,
  stages: Stages,
): Promise<Record<MaskKind, RecallCurve>> {
  const { queries: count } = settings;
  const queries = { random: firstOf(masked.random, count), block: firstOf(masked.block, count) };
  const task = { items, itemCount: settings.items, queries, targets: targets.subarray(0, count) };
  return measureRecall(contender, task, settings, stages);
}
