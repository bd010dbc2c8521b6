/**
 * Recall of images with pixels missing, by three memories of the same images: Gaussians in the Bures-Wasserstein
 * geometry, the classical memory on their stacked (mean, covariance), and the classical memory on raw pixels. The
 * design follows the image experiments of Tankala and Balasubramanian (2026), with region-covariance descriptors in
 * place of learned latents: no trained network stands between the pixels and the result.
 */
import type { Gaussians, Vectors } from 'denseam';
import { type Contender, nearestItemLimit, type RecallCurve, recallWork } from '../core/recall.ts';
import { type ExperimentOptions, Stages } from '../core/stages.ts';
import {
  type Batches,
  createContenders,
  describeSample,
  descriptionCost,
  mapBatches,
  pixelBatches,
  recallImages,
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
import { checkImageSettings, type ImageSettings } from '../shared/images/recallSettings.ts';
import { type FeatureScale, featureScales } from '../shared/images/scaling.ts';

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

export interface DemoRecall {
  readonly sample: ImageSample;
  readonly curves: Readonly<Record<MemoryKind, Readonly<Record<MaskKind, RecallCurve>>>>;
  /** The limits of each memory, in all units of the features: how much hangs on the choice of units. */
  readonly limits: readonly NearestLimit[];
}

/**
 * Stores images of the file and recalls them. Rejects with ERR_RANGE or ERR_SHAPE, before it starts, if settings or
 * images do not fit.
 */
export async function recallFile(
  file: ImageFile,
  settings: ImageSettings,
  options: ExperimentOptions = {},
): Promise<DemoRecall> {
  checkImageSettings(settings);
  const sample = drawSample(file, settings);
  const stages = new Stages(totalWork(settings), options);
  const raw = await describeSample(sample, stages);
  const features = scaled(raw, settings.scale);
  const pixels = pixelBatches(sample);
  const contenders = createContenders(settings);
  const recall = <Batch extends Gaussians | Vectors>(contender: Contender<Batch>, batches: Batches<Batch>) =>
    recallImages(contender, batches, sample, settings, stages);
  const curves = {
    gaussian: await recall(contenders.gaussian, features),
    euclidean: await recall(contenders.euclidean, mapBatches(features, stacked)),
    pixels: await recall(contenders.pixels, pixels),
  };
  return { sample, curves, limits: await nearestLimits(raw, pixels, contenders, sample.targets, stages) };
}

type Contenders = ReturnType<typeof createContenders>;

function totalWork(settings: ImageSettings): number {
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
