/**
 * What the demo does: recall of images with pixels missing, by three memories of the same images: Gaussians in the Bures-Wasserstein
 * geometry, the classical memory on their stacked (mean, covariance), and the classical memory on raw pixels. The
 * design follows the image experiments of Tankala and Balasubramanian (2026), with region-covariance descriptors in
 * place of learned latents: no trained network stands between the pixels and the result.
 */
import type { Gaussians, Vectors } from 'denseam';
import { type Contender, measureRecall, nearestItemLimit, type RecallCurve, recallWork } from '../core/recall.ts';
import { type ExperimentOptions, Stages } from '../core/stages.ts';
import {
  type Batches,
  createContenders,
  describeSample,
  descriptionCost,
  firstOf,
  mapBatches,
  pixelBatches,
  scaled,
  stacked,
} from '../shared/images/imageMemories.ts';
import {
  drawSample,
  type ImageFile,
  type ImageSample,
  type MaskKind,
  maskKinds,
} from '../shared/images/imageSample.ts';
import type { ImageSize, Mask } from '../shared/images/masks.ts';
import { type FeatureScale, featureScales } from '../shared/images/scaling.ts';
import type { DemoSettings } from './settings.ts';

/** The memories compared. */
export const memoryKinds = ['gaussian', 'euclidean', 'pixels'] as const;
export type MemoryKind = (typeof memoryKinds)[number];

/** Share of all masked items, not only the queries, to which their own item is the nearest stored one. */
export interface NearestLimit {
  readonly memory: MemoryKind;
  /** The features' units; none for the memory of raw pixels. */
  readonly scale?: FeatureScale;
  readonly limits: Readonly<Record<MaskKind, number>>;
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

export interface DemoRecall {
  readonly settings: DemoSettings;
  readonly size: ImageSize;
  /** How many images the file holds. */
  readonly available: number;
  readonly curves: Readonly<Record<MemoryKind, Readonly<Record<MaskKind, RecallCurve>>>>;
  /** The limits of each memory, in all units of the features: how much hangs on the choice of units. */
  readonly limits: readonly NearestLimit[];
  readonly gallery: Readonly<Record<MaskKind, readonly GalleryRow[]>>;
  /** Seconds spent on the descriptors, on each memory's recalls, and on the limits. */
  readonly seconds: Readonly<Record<MemoryKind | 'features' | 'limits', number>>;
}

/** Runs it. Rejects with ERR_RANGE or ERR_SHAPE, before it starts, if settings or images do not fit. */
export async function runDemoRecall(
  file: ImageFile,
  settings: DemoSettings,
  options: ExperimentOptions = {},
): Promise<DemoRecall> {
  const sample = drawSample(file, settings);
  const targets = sample.targets.subarray(0, settings.queries);
  const stages = new Stages(totalWork(settings), options);
  const seconds = { features: 0, gaussian: 0, euclidean: 0, pixels: 0, limits: 0 };
  const timed = async <T>(name: keyof typeof seconds, stage: Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await stage;
    seconds[name] = (performance.now() - start) / 1000;
    return result;
  };
  const measure = <Batch extends Gaussians | Vectors>(
    contender: Contender<Batch>,
    { items, masked }: Batches<Batch>,
  ) => {
    const queries = {
      random: firstOf(masked.random, settings.queries),
      block: firstOf(masked.block, settings.queries),
    };
    return measureRecall(contender, { items, queries, targets, itemCount: settings.items }, settings, stages);
  };

  const raw = await timed('features', describeSample(sample, stages));
  const features = scaled(raw, settings.scale);
  const pixels = pixelBatches(sample);
  const contenders = createContenders(settings);
  const curves = {
    gaussian: await timed('gaussian', measure(contenders.gaussian, features)),
    euclidean: await timed('euclidean', measure(contenders.euclidean, mapBatches(features, stacked))),
    pixels: await timed('pixels', measure(contenders.pixels, pixels)),
  };
  const limits = await timed('limits', nearestLimits(raw, pixels, contenders, sample.targets, stages));
  const { size, available } = sample;
  return { settings, size, available, curves, limits, gallery: gallery(sample, curves, settings.shown), seconds };
}

type Contenders = ReturnType<typeof createContenders>;

function totalWork(settings: DemoSettings): number {
  const { items, queries } = settings;
  const { gaussian, euclidean, pixels } = createContenders(settings);
  const recalls = (gaussian.cost + euclidean.cost + pixels.cost) * recallWork(items, queries, maskKinds, settings);
  const limits = maskKinds.length * items * (featureScales.length * (gaussian.cost + euclidean.cost) + pixels.cost);
  return descriptionCost * items * (1 + maskKinds.length) + recalls + limits;
}

/** The nearest-item limits of every memory in all units of the features, over all masked items. */
async function nearestLimits(
  raw: Batches<Gaussians>,
  pixels: Batches<Vectors>,
  contenders: Contenders,
  targets: Int32Array,
  stages: Stages,
): Promise<NearestLimit[]> {
  const limits = async <Batch>(contender: Contender<Batch>, { items, masked }: Batches<Batch>) => {
    const memory = await contender.create(items, {});
    const limit = (kind: MaskKind) =>
      stages.run(`${contender.label}: nearest of all`, contender.cost * targets.length, (options) =>
        nearestItemLimit(memory, masked[kind], targets, options),
      );
    return { random: await limit('random'), block: await limit('block') };
  };
  const results: NearestLimit[] = [];
  for (const scale of featureScales) {
    const features = scaled(raw, scale);
    results.push({ memory: 'gaussian', scale, limits: await limits(contenders.gaussian, features) });
    const vectors = mapBatches(features, stacked);
    results.push({ memory: 'euclidean', scale, limits: await limits(contenders.euclidean, vectors) });
  }
  results.push({ memory: 'pixels', limits: await limits(contenders.pixels, pixels) });
  return results;
}

function gallery(sample: ImageSample, curves: DemoRecall['curves'], shown: number): DemoRecall['gallery'] {
  const { bytes, indices, targets, masks } = sample;
  const rows = (kind: MaskKind) =>
    Array.from(
      targets.subarray(0, Math.min(shown, curves.pixels[kind].recalled.length)),
      (target, query): GalleryRow => {
        const recalled = (memory: MemoryKind) => {
          const item = curves[memory][kind].recalled[query] as number;
          return { pixels: bytes[item] as Uint8Array, right: item === target };
        };
        return {
          image: indices[target] as number,
          original: bytes[target] as Uint8Array,
          mask: masks[kind][query] as Mask,
          recalled: { gaussian: recalled('gaussian'), euclidean: recalled('euclidean'), pixels: recalled('pixels') },
        };
      },
    );
  return { random: rows('random'), block: rows('block') };
}
