/** Tables and pictures of the recalls of images. */

import { lines, logarithmic, panel, panels, quantity, rowsWhere, series, share } from '../core/charts.ts';
import type { ResultChart, ResultPictures, ResultTable } from '../core/experiment.ts';
import { percent } from '../core/statistics.ts';
import { table } from '../core/table.ts';
import { halfwayBeta } from '../shared/betaSweep.ts';
import { type ImageSample, maskKinds } from '../shared/images/imageSample.ts';
import { applyMask } from '../shared/images/masks.ts';
import { type ContenderName, contenderNames, type ImageRecall, type ImageSetRecall, setNames } from './measures.ts';
import type { ImageRecallSettings } from './settings.ts';

const contenders = Object.keys(contenderNames) as ContenderName[];

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

/** Columns that identify the curve of a row. */
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

/**
 * The first queries of a data set: original, masked, reconstructed by the autoencoder, and recalled by the memories at
 * their best.
 */
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

/** Recalls of each memory; those of pixels only once, with the first features. */
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
