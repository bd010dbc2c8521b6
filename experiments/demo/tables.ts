/** Tables and pictures of the demo's recalls. */

import { lines, quantity, rowsWhere, series, share } from '../core/charts.ts';
import type { ExperimentResult, ResultChart, ResultPictures, ResultTable } from '../core/experiment.ts';
import type { RecallCurve } from '../core/recall.ts';
import { percent } from '../core/statistics.ts';
import { table } from '../core/table.ts';
import { type MaskKind, maskKinds } from '../shared/images/imageSample.ts';
import type { ImageSettings } from '../shared/images/recallSettings.ts';
import { type DemoRecall, type MemoryKind, memoryKinds } from './measures.ts';

const memoryNames: Readonly<Record<MemoryKind, string>> = {
  gaussian: 'Gaussian',
  euclidean: 'Euclidean',
  pixels: 'pixels',
};

/** The pixels that a mask hides, in words. */
function hidden(mask: MaskKind, { hiddenShare, blockSide }: ImageSettings): string {
  if (mask === 'random') return `${percent(hiddenShare)} of the pixels hidden at random`;
  return `a block of ${blockSide} x ${blockSide} pixels hidden`;
}

export function resultOf(recall: DemoRecall, settings: ImageSettings): ExperimentResult {
  return {
    findings: [],
    tables: [
      ...maskKinds.map((mask) => recallTable(recall, mask, settings)),
      bestTable(recall),
      limitsTable(recall, settings),
      curveTable(recall),
    ],
    charts: maskKinds.map((mask) => recallChart(mask, settings)),
    pictures: maskKinds.map((mask) => gallery(recall, mask, settings)),
  };
}

/**
 * The share recalled by each memory at every beta, and the limit: the share nearest to their own item before any
 * recall.
 */
function recallTable({ curves }: DemoRecall, mask: MaskKind, settings: ImageSettings): ResultTable {
  const curveOf = (memory: MemoryKind) => curves[memory][mask];
  const shares = [
    ...settings.scaledBetas.map((beta, at) => ({
      scaledBeta: beta,
      recalled: (memory: MemoryKind) => curveOf(memory).points[at]?.right ?? null,
    })),
    { scaledBeta: 'nearest', recalled: (memory: MemoryKind) => curveOf(memory).limit },
  ];
  return table({
    name: `recall-${mask}`,
    title: `Share of ${settings.queries} images recalled, ${hidden(mask, settings)}`,
    columns: [
      { name: 'scaledBeta', title: 'beta*' },
      ...memoryKinds.map((memory) => ({
        ...{ name: memory, title: memoryNames[memory], format: '.1%' },
        value: ({ recalled }: (typeof shares)[number]) => recalled(memory),
      })),
    ],
    rows: shares,
  });
}

/** A curve with the names of its mask and its memory. */
interface NamedCurve extends RecallCurve {
  readonly mask: MaskKind;
  readonly memory: string;
}

function everyCurve({ curves }: DemoRecall): NamedCurve[] {
  return maskKinds.flatMap((mask) =>
    memoryKinds.map((memory) => ({ mask, memory: memoryNames[memory], ...curves[memory][mask] })),
  );
}

function bestTable(recall: DemoRecall): ResultTable {
  return table({
    name: 'memories',
    title: 'Best recall of each memory',
    columns: [
      { name: 'mask', title: 'mask' },
      { name: 'memory', title: 'memory' },
      { name: 'best', title: 'recalled', format: '.1%', value: ({ best }) => best.right },
      { name: 'scaledBeta', title: 'at beta*', value: ({ best }) => best.scaledBeta },
      { name: 'settled', title: 'state at its item', format: '.1%', value: ({ best }) => best.settled },
      { name: 'medianIterations', title: 'iterations', value: ({ best }) => best.medianIterations },
      { name: 'limit', title: 'nearest', format: '.1%' },
    ],
    rows: everyCurve(recall),
  });
}

/** The share of all stored images that are nearest to their own original when masked, in all units of the features. */
function limitsTable({ limits }: DemoRecall, settings: ImageSettings): ResultTable {
  return table({
    name: 'limits',
    title: `Share of all ${settings.items} masked images that are nearest to their own original`,
    columns: [
      { name: 'memory', title: 'memory', value: ({ memory }) => memoryNames[memory] },
      { name: 'scale', title: 'features', value: ({ scale }) => scale ?? null },
      ...maskKinds.map((mask) => ({
        ...{ name: mask, title: `${mask} mask`, format: '.1%' },
        value: ({ limits }: DemoRecall['limits'][number]) => limits[mask],
      })),
    ],
    rows: limits,
  });
}

const curveName = 'recall';

function curveTable(recall: DemoRecall): ResultTable {
  const rows = everyCurve(recall).flatMap(({ mask, memory, points }) =>
    points.map((point) => ({ mask, memory, ...point })),
  );
  return table({
    name: curveName,
    title: 'Recall against beta',
    columns: [
      { name: 'mask', title: 'mask' },
      { name: 'memory', title: 'memory' },
      { name: 'scaledBeta', title: 'beta*' },
      { name: 'beta', title: 'beta', format: '.3~g' },
      { name: 'right', title: 'recalled', format: '.1%' },
      { name: 'settled', title: 'state at its item', format: '.1%' },
      { name: 'medianIterations', title: 'iterations' },
      { name: 'converged', title: 'converged', format: '.1%' },
    ],
    rows,
    isRaw: true,
  });
}

function recallChart(mask: MaskKind, settings: ImageSettings): ResultChart {
  return {
    name: `${curveName}-${mask}`,
    title: `Share of images recalled, ${hidden(mask, settings)}`,
    description: `The share of masked images recalled against beta*, a line for each memory; ${hidden(mask, settings)}.`,
    table: curveName,
    specification: rowsWhere(
      { field: 'mask', equal: mask },
      lines({
        x: quantity('scaledBeta', 'beta*', { values: settings.scaledBetas }, { type: 'log', nice: false }),
        y: share('right', 'recalled'),
        by: series('memory', null),
      }),
    ),
  };
}

/** The first queries: original, masked, and recalled by each memory at its best beta. */
export function gallery({ sample, curves }: DemoRecall, mask: MaskKind, settings: ImageSettings): ResultPictures {
  const { bytes, targets, masks, size } = sample;
  const rows = Array.from(targets.subarray(0, settings.shown), (target, query) => {
    const original = [...(bytes[target] as Uint8Array)];
    return [
      { pixels: original, caption: 'original' },
      { pixels: original, mask: [...(masks[mask][query] as Uint8Array)], caption: 'query' },
      ...memoryKinds.map((memory) => {
        const item = curves[memory][mask].recalled[query] as number;
        const sign = item === target ? '' : ' \u2717';
        return { pixels: [...(bytes[item] as Uint8Array)], caption: `${memoryNames[memory]}${sign}` };
      }),
    ];
  });
  return {
    name: `recalled-${mask}`,
    title: `What the memories recall, ${hidden(mask, settings)}`,
    description:
      'A row for each of the first queries drawn: the original, the query with its hidden pixels in magenta, and the stored image nearest ' +
      'to the fixed point at the beta that serves each memory best; a cross marks a wrong one.',
    ...size,
    columns: 2 + memoryKinds.length,
    images: rows.flat(),
  };
}
