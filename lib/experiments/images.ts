/**
 * Recall of images with pixels missing, by three memories of the same images: Gaussians in the Bures-Wasserstein
 * geometry, the classical memory on their stacked (mean, covariance), and the classical memory on raw pixels. The
 * design follows the image experiments of Tankala and Balasubramanian (2026), with region-covariance descriptors in
 * place of learned latents: no trained network stands between the pixels and the result.
 */
import type { CallOptions, Gaussians, Vectors } from '../core/types.ts';
import { EuclideanMemory } from '../euclidean/memory.ts';
import { GaussianMemory } from '../gaussian/memory.ts';
import { describeImages } from './features.ts';
import {
  drawSample,
  type ImageFile,
  type ImageSample,
  type MaskKind,
  maskKinds,
  type SampleSettings,
} from './imageSample.ts';
import { applyMask, fullMask, type ImageSize, type Mask } from './masks.ts';
import {
  type Contender,
  measureRecall,
  nearestItemLimit,
  type RecallCurve,
  type RecallSettings,
  recallWork,
} from './recall.ts';
import { type FeatureScale, featureScales, fitScale, mapGaussians } from './scaling.ts';
import { type ExperimentOptions, Stages } from './stages.ts';

export interface ImagesSettings extends SampleSettings, RecallSettings {
  /** Units in which the Gaussian and Euclidean memories compare features. */
  readonly scale: FeatureScale;
  /** Added to the variances of a query's features, for images too plain to span all of them. */
  readonly ridge: number;
  /** How many queries the gallery shows: the first ones drawn. */
  readonly shown: number;
}

export const defaultImagesSettings: ImagesSettings = {
  items: 1000,
  queries: 200,
  seed: 1,
  hiddenShare: 0.2,
  blockSide: 12,
  scale: 'standardised',
  scaledBetas: [0.5, 1, 2, 4, 8, 16, 32, 64, 128],
  tolerance: 1e-4,
  maxIterations: 100,
  // A millionth of a standardised feature's variance: nothing to an image with any texture.
  ridge: 1e-6,
  shown: 8,
};

/** The memories compared. */
export const memoryKinds = ['gaussian', 'euclidean', 'pixels'] as const;
export type MemoryKind = (typeof memoryKinds)[number];

/** The nearest-item limits of the two feature memories with features in one scale. */
export interface ScaleLimits {
  readonly scale: FeatureScale;
  readonly limits: Readonly<Record<MaskKind, { readonly gaussian: number; readonly euclidean: number }>>;
}

/** One query as a person sees it, images a byte a pixel. */
export interface GalleryRow {
  /** Which image of the file it is. */
  readonly image: number;
  readonly original: Uint8Array;
  readonly mask: Mask;
  /** What each memory recalled at its best beta, and whether that is the original. */
  readonly recalled: Readonly<Record<MemoryKind, { readonly pixels: Uint8Array; readonly right: boolean }>>;
}

export interface ImagesResult {
  readonly settings: ImagesSettings;
  readonly size: ImageSize;
  /** How many images the file holds. */
  readonly available: number;
  readonly curves: Readonly<Record<MemoryKind, Readonly<Record<MaskKind, RecallCurve>>>>;
  readonly scales: readonly ScaleLimits[];
  readonly gallery: Readonly<Record<MaskKind, readonly GalleryRow[]>>;
  /** Seconds spent on the descriptors, on each memory, and on the comparison of scales. */
  readonly seconds: Readonly<Record<MemoryKind | 'features' | 'scales', number>>;
}

/** Pixels and features of the stored images and of the masked queries. */
interface Batches<Batch> {
  readonly items: Batch;
  readonly queries: Readonly<Record<MaskKind, Batch>>;
}

/** Runs the experiment. Rejects with ERR_RANGE or ERR_SHAPE, before it starts, if settings or images do not fit. */
export async function runImages(
  file: ImageFile,
  settings: ImagesSettings,
  options: ExperimentOptions = {},
): Promise<ImagesResult> {
  const sample = drawSample(file, settings);
  const { targets, size, available } = sample;
  const stages = new Stages(totalWork(settings), options);
  const seconds = { features: 0, gaussian: 0, euclidean: 0, pixels: 0, scales: 0 };
  const timed = async <T>(name: keyof typeof seconds, stage: Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await stage;
    seconds[name] = (performance.now() - start) / 1000;
    return result;
  };
  const measure = <Batch>(contender: Contender<Batch>, { items, queries }: Batches<Batch>) =>
    measureRecall(contender, { items, queries, targets, itemCount: settings.items }, settings, stages);

  const raw = await timed('features', describeSample(sample, stages));
  const features = scaled(raw, settings.scale);
  const contenders = createContenders(settings);
  const curves = {
    gaussian: await timed('gaussian', measure(contenders.gaussian, features)),
    euclidean: await timed('euclidean', measure(contenders.euclidean, mapBatches(features, stacked))),
    pixels: await timed('pixels', measure(contenders.pixels, pixelBatches(sample))),
  };
  const scales = await timed('scales', compareScales(raw, contenders, targets, stages));
  return { settings, size, available, curves, scales, gallery: gallery(sample, curves, settings.shown), seconds };
}

/** What describing one image costs beside one iteration of one query of the contenders, for the progress only. */
const descriptionCost = 10;

function createContenders({ ridge }: ImagesSettings) {
  const gaussian: Contender<Gaussians> = {
    label: 'Gaussian memory',
    cost: 20,
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
  const pixels: Contender<Vectors> = { label: 'Pixel memory', cost: 3, create: createEuclidean };
  return { gaussian, euclidean, pixels };
}

type Contenders = ReturnType<typeof createContenders>;

function totalWork(settings: ImagesSettings): number {
  const { items, queries } = settings;
  const contenders = createContenders(settings);
  const masked = maskKinds.length * queries;
  const { gaussian, euclidean, pixels } = contenders;
  const recalls = [gaussian, euclidean, pixels].map(
    ({ cost }) => cost * recallWork(items, queries, maskKinds, settings),
  );
  const comparison = featureScales.length * (gaussian.cost + euclidean.cost) * masked;
  return recalls.reduce((sum, work) => sum + work, descriptionCost * (items + masked) + comparison);
}

/** The descriptors of the whole stored images and of the masked queries, in the features' own units. */
async function describeSample(sample: ImageSample, stages: Stages): Promise<Batches<Gaussians>> {
  const { images, masks, size, targets } = sample;
  const describe = (label: string, images: readonly Float64Array[], masks: readonly Mask[]) =>
    stages.run(`Describing ${label}`, descriptionCost * images.length, (options) =>
      describeImages(images, masks, size, options),
    );
  const originals = Array.from(targets, (target) => images[target]!);
  const items = await describe('images', images, new Array(images.length).fill(fullMask(size)));
  const random = await describe('queries, random mask', originals, masks.random);
  const block = await describe('queries, block mask', originals, masks.block);
  return { items, queries: { random, block } };
}

function mapBatches<From, To>({ items, queries }: Batches<From>, map: (batch: From) => To): Batches<To> {
  return { items: map(items), queries: { random: map(queries.random), block: map(queries.block) } };
}

/** Features in the given scale, fitted to the stored items alone. */
function scaled(features: Batches<Gaussians>, scale: FeatureScale): Batches<Gaussians> {
  const map = fitScale(features.items, scale);
  return mapBatches(features, (batch) => mapGaussians(batch, map));
}

/** Each Gaussian as one vector, its mean followed by its covariance: the Euclidean baseline of the published work. */
function stacked({ count, dimension: d, means, covariances }: Gaussians): Vectors {
  const dimension = d + d * d;
  const values = new Float64Array(count * dimension);
  for (let n = 0; n < count; n++) {
    values.set(means.subarray(n * d, (n + 1) * d), n * dimension);
    values.set(covariances.subarray(n * d * d, (n + 1) * d * d), n * dimension + d);
  }
  return { count, dimension, values };
}

function pixelBatches({ images, masks, targets, size }: ImageSample): Batches<Vectors> {
  const dimension = size.height * size.width;
  const vectors = (images: readonly Float64Array[]): Vectors => {
    const values = new Float64Array(images.length * dimension);
    for (const [n, image] of images.entries()) values.set(image, n * dimension);
    return { count: images.length, dimension, values };
  };
  const masked = (kind: MaskKind) => vectors(masks[kind].map((mask, n) => applyMask(images[targets[n]!]!, mask)));
  return { items: vectors(images), queries: { random: masked('random'), block: masked('block') } };
}

/** The nearest-item limits of the feature memories in every scale: how much hangs on the choice of units. */
async function compareScales(
  raw: Batches<Gaussians>,
  { gaussian, euclidean }: Contenders,
  targets: Int32Array,
  stages: Stages,
): Promise<ScaleLimits[]> {
  const limits = async <Batch>(contender: Contender<Batch>, { items, queries }: Batches<Batch>, kind: MaskKind) =>
    stages.run('Comparing scales', contender.cost * targets.length, async (options) =>
      nearestItemLimit(await contender.create(items, {}), queries[kind], targets, options),
    );
  const results: ScaleLimits[] = [];
  for (const scale of featureScales) {
    const features = scaled(raw, scale);
    const vectors = mapBatches(features, stacked);
    const both = async (kind: MaskKind) => ({
      gaussian: await limits(gaussian, features, kind),
      euclidean: await limits(euclidean, vectors, kind),
    });
    results.push({ scale, limits: { random: await both('random'), block: await both('block') } });
  }
  return results;
}

function gallery(
  { bytes, indices, targets, masks }: ImageSample,
  curves: ImagesResult['curves'],
  shown: number,
): ImagesResult['gallery'] {
  const rows = (kind: MaskKind) =>
    Array.from(targets.subarray(0, shown), (target, query): GalleryRow => {
      const recalled = (memory: MemoryKind) => {
        const item = curves[memory][kind].recalled[query]!;
        return { pixels: bytes[item]!, right: item === target };
      };
      return {
        image: indices[target]!,
        original: bytes[target]!,
        mask: masks[kind][query]!,
        recalled: { gaussian: recalled('gaussian'), euclidean: recalled('euclidean'), pixels: recalled('pixels') },
      };
    });
  return { random: rows('random'), block: rows('block') };
}
