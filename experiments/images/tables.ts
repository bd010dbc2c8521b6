/** What the experiment on images shows of its recalls. */

import { lines, logarithmic, panel, panels, quantity, rowsWhere, series, share } from '../core/charts.ts';
import type { ResultChart, ResultPictures, ResultTable } from '../core/experiment.ts';
import type { RecallCurve } from '../core/recall.ts';
import { percent } from '../core/statistics.ts';
import { table } from '../core/table.ts';
import { halfwayBeta } from '../shared/betaSweep.ts';
import { type ImageSample, type MaskKind, maskKinds } from '../shared/images/imageSample.ts';
import { applyMask } from '../shared/images/masks.ts';
import type { AutoencoderLoss } from './autoencoderTraining.ts';
import type { ImageRecallSettings } from './settings.ts';

export const contenderNames = { gaussian: 'Gaussian', euclidean: 'Euclidean', pixels: 'pixels' } as const;
type ContenderName = keyof typeof contenderNames;
const contenders = Object.keys(contenderNames) as ContenderName[];

/** Recall of a data set's images from one kind of Gaussians, by the three memories. */
export interface ImageRecall {
  /** As {@link setNames} calls it. */
  readonly data: string;
  readonly features: 'latents' | 'region covariances';
  readonly curves: Readonly<Record<ContenderName, Readonly<Record<MaskKind, RecallCurve>>>>;
}

export interface ImageSetRecall {
  /** As {@link setNames} calls it. */
  readonly data: string;
  readonly sample: ImageSample;
  readonly losses: readonly AutoencoderLoss[];
  /** What the autoencoder makes of the first queries, pixels at random missing: bytes, one image after the other. */
  readonly reconstructions: readonly number[];
  readonly recalls: readonly ImageRecall[];
}

/** Data sets by name, folders by their last name; those that share one by their path. */
export function setNames(data: readonly string[]): string[] {
  const last = data.map((path) => path.split(/[\\/]/).filter(Boolean).at(-1) ?? path);
  return data.map((path, at) => (last.filter((name) => name === last[at]).length > 1 ? path : (last[at] as string)));
}

export function limitsTable(recalls: readonly ImageRecall[]): ResultTable {
  return table({
    name: 'memories',
    title: 'Best recall of each memory, and its limit',
    columns: [
      ...curveColumns,
      { name: 'best', title: 'recalled at best', format: '.1%', value: ({ best }) => best.right },
      { name: 'beta', title: 'at beta', format: '.3~g', value: ({ best }) => best.beta },
      { name: 'limit', title: 'own item nearest', format: '.1%' },
      { name: 'halfwayBeta', title: 'beta at half', format: '.3~g', value: (curve) => halfwayBeta(curve) ?? null },
      { name: 'neighbourDistance', title: 'squared distance to the neighbour', format: '.3~g' },
    ],
    rows: everyCurve(recalls),
  });
}

/** Which curve a row is about. */
const curveColumns = [
  { name: 'data', title: 'images' },
  { name: 'features', title: 'Gaussians' },
  { name: 'mask', title: 'mask' },
  { name: 'memory', title: 'memory' },
] as const;

function everyCurve(recalls: readonly ImageRecall[]) {
  return recalls.flatMap(({ data, features, curves }) =>
    maskKinds.flatMap((mask) =>
      contenders.map((memory) => ({ data, features, mask, memory: contenderNames[memory], ...curves[memory][mask] })),
    ),
  );
}

const recallName = 'recall';

export function recallTable(recalls: readonly ImageRecall[]): ResultTable {
  return table({
    name: recallName,
    title: 'Recall against beta',
    columns: [
      ...curveColumns,
      { name: 'beta', title: 'beta', format: '.3~g' },
      { name: 'scaledBeta', title: 'beta x squared neighbour distance', format: '.3~g' },
      { name: 'right', title: 'recalled', format: '.1%' },
      { name: 'settled', title: 'state at its item', format: '.1%' },
      { name: 'medianIterations', title: 'median iterations', format: '.0f' },
      { name: 'converged', title: 'converged', format: '.0%' },
    ],
    rows: everyCurve(recalls).flatMap(({ points, ...curve }) => points.map((point) => ({ ...curve, ...point }))),
  });
}

type RecallChartSettings = Pick<ImageRecallSettings, 'data' | 'hiddenShare' | 'blockSide'>;

/** A chart for each mask: a panel for each data set and kind of Gaussians. */
export function recallCharts({ data, hiddenShare, blockSide }: RecallChartSettings): ResultChart[] {
  const masks = {
    random: `${percent(hiddenShare)} of the pixels hidden at random`,
    block: `a block of ${blockSide} x ${blockSide} pixels hidden`,
  };
  return maskKinds.map((mask) => ({
    name: `${recallName}-${mask}`,
    title: `Share of images recalled, ${masks[mask]}`,
    description: `The share of masked images recalled against beta, a line for each memory; ${masks[mask]}.`,
    table: recallName,
    specification: rowsWhere(
      { field: 'mask', equal: mask },
      panels(
        { row: panel('data', null, setNames(data)), column: panel('features', null) },
        lines({
          x: logarithmic('scaledBeta', 'beta x squared neighbour distance', { tickCount: 5 }),
          y: share('right', 'recalled'),
          by: series('memory', 'memory'),
        }),
      ),
    ),
  }));
}

const lossName = 'autoencoder';

export function lossTable(sets: readonly ImageSetRecall[]): ResultTable {
  return table({
    name: lossName,
    title: 'Training of the autoencoder: loss of an image, in nats',
    columns: [
      { name: 'data', title: 'images' },
      { name: 'epoch', title: 'epoch', format: 'd' },
      {
        name: 'loss',
        title: 'loss',
        format: '.1f',
        value: ({ reconstruction, divergence }) => reconstruction + divergence,
      },
      { name: 'reconstruction', title: 'reconstruction', format: '.1f' },
      { name: 'divergence', title: 'divergence from the prior', format: '.1f' },
    ],
    rows: sets.flatMap(({ data, losses }) => losses.map((loss, at) => ({ data, epoch: at + 1, ...loss }))),
  });
}

export const lossChart: ResultChart = {
  name: lossName,
  title: 'Loss of the autoencoder',
  description: 'The mean loss of an image in each epoch of the training, a line for each data set.',
  table: lossName,
  specification: lines({
    x: quantity('epoch', 'epoch', { tickMinStep: 1 }),
    y: quantity('loss', 'loss (nats)', {}, { zero: false }),
    by: series('data', 'images'),
  }),
};

/** The first queries of a data set: original, masked, what the autoencoder makes of that, and what the memories recall at their best. */
export function gallery(set: ImageSetRecall, name: string): ResultPictures {
  const { sample, recalls, reconstructions, data } = set;
  const { height, width } = sample.size;
  const pixels = height * width;
  const rows = Array.from({ length: reconstructions.length / pixels }, (_, query) => {
    const target = sample.targets[query] as number;
    const masked = applyMask(sample.images[target] as Float64Array, sample.masks.random[query] as Uint8Array);
    return [
      { pixels: [...(sample.bytes[target] as Uint8Array)], caption: 'original' },
      { pixels: Array.from(masked, (value) => Math.round(255 * value)), caption: 'masked' },
      { pixels: reconstructions.slice(query * pixels, (query + 1) * pixels), caption: 'decoded' },
      ...recalls.flatMap((recall, n) => shownRecalls(recall, sample, query, n === 0)),
    ];
  });
  return {
    name,
    title: `${data}: what the memories recall`,
    description:
      'A row for each query: the original, the masked image, its reconstruction by the autoencoder, and the item each memory recalls at its best beta; a cross marks a wrong one.',
    width,
    height,
    columns: rows[0]?.length ?? 1,
    images: rows.flat(),
  };
}

/** What each memory recalled; pixels once, with the first features. */
function shownRecalls({ features, curves }: ImageRecall, sample: ImageSample, query: number, withPixels: boolean) {
  return contenders
    .filter((memory) => memory !== 'pixels' || withPixels)
    .map((memory) => {
      const item = curves[memory].random.recalled[query] as number;
      const mark = item === sample.targets[query] ? '' : ' \u2717';
      const name = memory === 'pixels' ? 'pixels' : `${contenderNames[memory]}, ${features}`;
      return { pixels: [...(sample.bytes[item] as Uint8Array)], caption: `${name}${mark}` };
    });
}
