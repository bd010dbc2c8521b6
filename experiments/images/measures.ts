/** Recall of images from learned latents, region covariances and pixels. */

import type { CallOptions, Gaussians, Vectors } from 'denseam';
import { rangeError } from '../core/check.ts';
import type { ExperimentContext } from '../core/experiment.ts';
import { readImages } from '../core/labelledImages.ts';
import { type RecallCurve, recallWork } from '../core/recall.ts';
import { type ExperimentProgress, Stages } from '../core/stages.ts';
import {
  type Batches,
  createContenders,
  describeSample,
  descriptionCost,
  firstOf,
  mapBatches,
  pixelBatches,
  recallImages,
  scaled,
  stacked,
} from '../shared/images/imageMemories.ts';
import {
  checkAgainstImages,
  drawSample,
  type ImageSample,
  type MaskKind,
  maskKinds,
} from '../shared/images/imageSample.ts';
import { type Autoencoder, keepAutoencoder, unpackAutoencoder } from './autoencoder.ts';
import { type AutoencoderLoss, trainAutoencoder } from './autoencoderTraining.ts';
import type { ImageRecallSettings } from './settings.ts';

/** Checks before the first training that every data set exists, has images of one size and enough of them. */
export async function checkImages(
  data: string,
  settings: ImageRecallSettings,
  { signal }: ExperimentContext,
): Promise<void> {
  const stored = await readImages({ data, part: 't10k', count: 0 }, { signal });
  checkAgainstImages(settings, stored);
  const { height, width } = await readImages({ data, part: 'train', count: settings.trainingImages }, { signal });
  if (height === stored.height && width === stored.width) return;
  const expected = `images of one size in both files, ${stored.height} x ${stored.width} or ${height} x ${width},`;
  throw rangeError('settings.data', expected, data);
}

/**
 * Costs of one step of the training and of encoding an image relative to one iteration of one query, for the progress
 * only.
 */
const stepCost = 3000;

const encodingCost = 20;

export function totalWork(settings: ImageRecallSettings): number {
  const { pixels, latents, regions } = recallWorks(settings);
  return trainingWork(settings) + pixels + latents + regions;
}

function recallWorks(settings: ImageRecallSettings): Record<'pixels' | 'latents' | 'regions', number> {
  const { items, queries } = settings;
  const { gaussian, euclidean, pixels } = createContenders(settings);
  const recall = recallWork(items, queries, maskKinds, settings);
  const images = items * (1 + maskKinds.length);
  return {
    pixels: pixels.cost * recall,
    latents: encodingCost * images + (latentCost + euclidean.cost) * recall,
    regions: descriptionCost * images + (gaussian.cost + euclidean.cost) * recall,
  };
}

const trainingWork = ({ epochs, trainingImages, batch }: ImageRecallSettings) =>
  stepCost * epochs * Math.floor(trainingImages / batch);

/** Cost of recalling diagonal Gaussians, which are rows like vectors. */
const latentCost = 1;

export async function recallSet(
  at: number,
  settings: ImageRecallSettings,
  { parts, signal }: ExperimentContext,
  stages: Stages,
): Promise<ImageSetRecall> {
  const data = settings.data[at] as string;
  const name = setNames(settings.data)[at] as string;
  const { count, height, width, values } = await readImages({ data, part: 't10k', count: 0 }, { signal });
  const sample = drawSample({ shape: [count, height, width], data: values }, settings);
  const trained = await stages.run(`${name}: training`, trainingWork(settings), (options) =>
    parts.sharedPart('image-autoencoder', trainingChoices(data, settings), () => train(data, settings, options)),
  );
  const autoencoder = unpackAutoencoder(trained.kept);
  const works = recallWorks(settings);
  const part = <T>(features: keyof typeof works, recall: (stages: Stages) => Promise<T>): Promise<T> =>
    stages.run(`${name}: recall, ${features}`, works[features], ({ signal, onProgress }) => {
      const report = ({ share }: ExperimentProgress) => onProgress?.({ completed: share, total: 1 });
      const within = new Stages(works[features], { signal, onProgress: report });
      return parts.part(`${features}-${at}`, () => recall(within));
    });
  const pixels = await part('pixels', (stages) => recallPixels(sample, settings, stages));
  const latents = await part('latents', (stages) => recallLatents(sample, autoencoder, settings, stages));
  const regions = await part('regions', (stages) => recallRegions(sample, settings, stages));
  const { reconstructions, ...latentCurves } = latents;
  return {
    data: name,
    sample,
    losses: trained.losses,
    reconstructions,
    recalls: [
      { data: name, features: 'latents', curves: { ...latentCurves, pixels } },
      { data: name, features: 'region covariances', curves: { ...regions, pixels } },
    ],
  };
}

async function train(data: string, settings: ImageRecallSettings, options: CallOptions) {
  const source = { data, part: 'train', count: settings.trainingImages } as const;
  const { count, height, width, values } = await readImages(source, { signal: options.signal });
  const { autoencoder, losses } = await trainAutoencoder({ count, pixels: height * width, values }, settings, options);
  return { kept: keepAutoencoder(autoencoder), losses };
}

/** Choices that determine an autoencoder. */
function trainingChoices(data: string, settings: ImageRecallSettings): object {
  const { trainingImages, hiddenUnits, latentDimension, epochs, batch, learningRate, seed } = settings;
  return { data, trainingImages, hiddenUnits, latentDimension, epochs, batch, learningRate, seed };
}

type Curves = ImageRecall['curves'][keyof ImageRecall['curves']];

function recallPixels(sample: ImageSample, settings: ImageRecallSettings, stages: Stages): Promise<Curves> {
  return recallImages(createContenders(settings).pixels, pixelBatches(sample), sample, settings, stages);
}

async function recallRegions(sample: ImageSample, settings: ImageRecallSettings, stages: Stages) {
  const features = scaled(await describeSample(sample, stages), settings.scale);
  const { gaussian, euclidean } = createContenders(settings);
  return {
    gaussian: await recallImages(gaussian, features, sample, settings, stages),
    euclidean: await recallImages(euclidean, mapBatches(features, stacked), sample, settings, stages),
  };
}

async function recallLatents(
  sample: ImageSample,
  autoencoder: Autoencoder,
  settings: ImageRecallSettings,
  stages: Stages,
) {
  const images = pixelBatches(sample);
  const encode = (batch: Vectors) =>
    stages.run('Encoding images', encodingCost * batch.count, (options) => autoencoder.encode(batch, options));
  const latents: Batches<Gaussians> = {
    items: await encode(images.items),
    masked: { random: await encode(images.masked.random), block: await encode(images.masked.block) },
  };
  const { gaussian, euclidean } = createContenders(settings);
  const { count, dimension, means } = firstOf(latents.masked.random, settings.shown);
  const { values } = await autoencoder.decode({ count, dimension, values: means });
  return {
    gaussian: await recallImages({ ...gaussian, cost: latentCost }, latents, sample, settings, stages),
    euclidean: await recallImages(euclidean, mapBatches(latents, stacked), sample, settings, stages),
    reconstructions: Array.from(values, (value) => Math.round(255 * value)),
  };
}

export const contenderNames = { gaussian: 'Gaussian', euclidean: 'Euclidean', pixels: 'pixels' } as const;

export type ContenderName = keyof typeof contenderNames;

/** Recall of a data set's images from one kind of Gaussians, by the three memories. */
export interface ImageRecall {
  /** Name from {@link setNames}. */
  readonly data: string;
  readonly features: 'latents' | 'region covariances';
  readonly curves: Readonly<Record<ContenderName, Readonly<Record<MaskKind, RecallCurve>>>>;
}

export interface ImageSetRecall {
  /** Name from {@link setNames}. */
  readonly data: string;
  readonly sample: ImageSample;
  readonly losses: readonly AutoencoderLoss[];
  /**
   * Reconstructions by the autoencoder of the first queries with random pixels missing: bytes, one image after the
   * other.
   */
  readonly reconstructions: readonly number[];
  readonly recalls: readonly ImageRecall[];
}

/** Data sets by name, folders by their last name; those that share one by their path. */
export function setNames(data: readonly string[]): string[] {
  const last = data.map((path) => path.split(/[\\/]/).filter(Boolean).at(-1) ?? path);
  return data.map((path, at) => (last.filter((name) => name === last[at]).length > 1 ? path : (last[at] as string)));
}
