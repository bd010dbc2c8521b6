import type { Table } from 'denseam/cli';
import { type RecallPoint, settledShare } from '../core/recall.ts';
import type { DemoRecall, GalleryRow, MemoryKind } from '../demo/experiment.ts';
import { memoryKinds } from '../demo/experiment.ts';
import { featureNames } from '../shared/images/features.ts';
import { type MaskKind, maskKinds } from '../shared/images/imageSample.ts';
import { chartKey, htmlChart } from './chart.ts';
import { htmlGrid, type Picture } from './grid.ts';
import { escapeHtml } from './html.ts';
import { htmlDefinitions, htmlPage } from './page.ts';
import { htmlRun, type Run } from './run.ts';
import { htmlTable } from './table.ts';

/** Where and how the demo ran, for its report. */
export interface RunRecord extends Run {
  /** What the images are, "Fashion-MNIST" for instance. */
  readonly source: string;
}

const memoryNames: Readonly<Record<MemoryKind, string>> = {
  gaussian: 'Gaussian',
  euclidean: 'Euclidean',
  pixels: 'Pixel',
};

const number = (value: number) => value.toLocaleString('en');
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** What a mask hides, in words. */
function maskName({ settings }: DemoRecall, mask: MaskKind): string {
  const { hiddenShare, blockSide } = settings;
  if (mask === 'random') return `${Number((100 * hiddenShare).toFixed(1))} % of the pixels hidden at random`;
  return `a block of ${blockSide} x ${blockSide} pixels hidden`;
}

/** Recall at every beta and its limit, of all memories under one mask. */
export function recallTable(result: DemoRecall, mask: MaskKind): Table {
  const curves = memoryKinds.map((memory) => result.curves[memory][mask]);
  const rows = result.settings.scaledBetas.map((scaledBeta, at) => {
    const points = curves.map(({ points }) => points[at] as RecallPoint);
    const cells = points.map((p) => [percent(p.right), percent(p.settled), String(p.medianIterations)]);
    return [String(scaledBeta), ...cells.flat()];
  });
  const limits = ['nearest', ...curves.flatMap(({ limit }) => [percent(limit), '', ''])];
  return {
    caption: `Recall with ${maskName(result, mask)}`,
    groups: [
      { label: '', span: 1 },
      ...memoryKinds.map((memory) => ({ label: `${memoryNames[memory]} memory`, span: 3 })),
    ],
    columns: ['beta*', ...memoryKinds.flatMap(() => ['right', 'settled', 'iter.'])],
    rows: [...rows, limits],
  };
}

/** How to read a recall table, for the terminal and the page. */
export function recallLegend({ settings }: DemoRecall): string[] {
  return [
    'd*: the median distance from an item to its nearest neighbour, in each memory on its own. beta*: beta x d* squared.',
    `right: the stored item nearest to the fixed point is the query's own, of ${number(settings.queries)} queries.`,
    `settled: right, and the fixed point lies within ${100 * settledShare} % of d* of the item.`,
    'iter.: median number of iterations to the fixed point.',
    'nearest: share of queries to which their own item is the nearest stored one, before any recall.',
  ];
}

/** The best recall of each memory under a mask, and whose is the highest: a sentence. */
export function verdict(result: DemoRecall, mask: MaskKind): string {
  const bests = memoryKinds.map((memory) => ({ name: memoryNames[memory], ...result.curves[memory][mask].best }));
  const highest = Math.max(...bests.map(({ right }) => right));
  const names = bests.filter(({ right }) => right === highest).map(({ name }) => name);
  const list = bests.map(({ name, right, scaledBeta }) => `${name} ${percent(right)} (beta* ${scaledBeta})`);
  return `Best recall with ${maskName(result, mask)}: ${list.join(', ')}. Highest: ${names.join(' and ')}.`;
}

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

async function recallChart(result: DemoRecall, mask: MaskKind): Promise<string> {
  return htmlChart({
    title: capitalised(maskName(result, mask)),
    description: `Line chart of the share of right recalls against beta*. ${verdict(result, mask)}`,
    xTitle: 'beta* (∞: the item nearest to the query)',
    yTitle: 'Right recalls',
    series: memoryKinds.map((memory) => {
      const { points, limit } = result.curves[memory][mask];
      return { name: memoryNames[memory], points: points.map((p) => ({ x: p.scaledBeta, y: p.right })), limit };
    }),
  });
}

function galleryGrid(result: DemoRecall, mask: MaskKind): string {
  const { height, width } = result.size;
  const pictures = ({ image, original, mask: present, recalled }: GalleryRow): Picture[] => [
    { width, height, pixels: original, alt: `Image ${image}` },
    { width, height, pixels: original, mask: present, alt: `Image ${image} with ${maskName(result, mask)}` },
    ...memoryKinds.map((memory) => {
      const { pixels, right } = recalled[memory];
      const what = right ? 'the same image' : 'another image';
      return { width, height, pixels, right, alt: `The ${memoryNames[memory]} memory recalled ${what}` };
    }),
  ];
  const best = memoryKinds.map((memory) => {
    const { scaledBeta } = result.curves[memory][mask].best;
    return `${memoryNames[memory]}\nbeta* ${scaledBeta}`;
  });
  return htmlGrid({
    caption: capitalised(maskName(result, mask)),
    columns: ['original', 'query', ...best],
    rows: result.gallery[mask].map(pictures),
  });
}

/** The nearest-item limit of every memory over all stored images, in all units of the features. */
export function limitsTable({ limits, settings }: DemoRecall): Table {
  return {
    caption: `Share of all ${number(settings.items)} masked images that are nearest to their own original`,
    columns: ['memory, units of its features', ...maskKinds.map((mask) => `${mask} mask`)],
    rows: limits.map(({ memory, scale, limits }) => [
      `${memoryNames[memory]}${scale === undefined ? '' : `, ${scale}`}${scale === settings.scale ? ' (as above)' : ''}`,
      ...maskKinds.map((mask) => percent(limits[mask])),
    ]),
  };
}

/** Text in which a number and its per cent sign stay on one line. */
const prose = (text: string) => escapeHtml(text).replaceAll(' %', '&nbsp;%');
const paragraph = (text: string) => `<p>${prose(text)}</p>`;
const note = (text: string) => `<p class="note">${prose(text)}</p>`;
const list = (entries: readonly string[]) => `<ul>${entries.map((entry) => `<li>${prose(entry)}</li>`).join('')}</ul>`;
const columns = (parts: readonly string[]) => `<div class="columns">${parts.join('\n')}</div>`;

function method({ settings }: DemoRecall): string[] {
  return [
    `Every image is one Gaussian: mean and covariance of ${featureNames.length} features of a pixel (${featureNames.join(', ')}), ` +
      'weighted by intensity: the region-covariance descriptor (Tuzel, Porikli and Meer, 2006).',
    'Blur and gradients are normalised convolutions over the pixels that are present (Knutsson and Westin, 1993), and hidden ' +
      'pixels have no weight, so that a mask makes no edges.',
    `Features are ${settings.scale}: pooled over the lit pixels of all stored images, hidden ones playing no part.`,
    'The Gaussian memory compares by the squared Wasserstein distance W2 and moves along optimal transport maps. The Euclidean ' +
      'memory sees the same mean and covariance as one vector; the pixel memory sees the image, hidden pixels black.',
    `Retrieval stops when a step is shorter than ${settings.tolerance} d*, or after ` +
      `${settings.maxIterations} iterations.`,
  ];
}

function record(result: DemoRecall, run: RunRecord): string {
  const { settings, seconds, size, available } = result;
  const parts = (Object.entries(seconds) as [string, number][]).map(([name, s]) => `${name} ${s.toFixed(1)} s`);
  return `${htmlDefinitions([
    [
      'images',
      `${run.source}: ${number(settings.items)} of ${number(available)}, ${size.width} x ${size.height} pixels`,
    ],
    ['queries', `${number(settings.queries)} of the stored images, under each mask`],
    ['seed', String(settings.seed)],
    ['features', `${featureNames.length}, ${settings.scale}; ridge ${settings.ridge}`],
  ])}
${htmlRun(run, parts)}`;
}

/** The report of the experiment as one page. */
export async function imagesPage(result: DemoRecall, run: RunRecord): Promise<string> {
  const { settings } = result;
  const charts = await Promise.all(maskKinds.map((mask) => recallChart(result, mask)));
  // Half the width of a 95 % interval for a share of one half, in percentage points.
  const margin = Math.round(98 / Math.sqrt(settings.queries));
  return htmlPage({
    title: 'Recalling images from what is left of them',
    lead:
      paragraph(
        `${number(settings.items)} images (${run.source}) are stored in three memories. ${number(settings.queries)} of them come ` +
          'back with pixels hidden, and each memory is asked for the whole image, at inverse temperatures from soft to sharp. ' +
          "beta* is beta in units of each memory's own spacing, so that the curves can be compared.",
      ) + maskKinds.map((mask) => paragraph(verdict(result, mask))).join('\n'),
    sections: [
      {
        heading: 'Recall against beta',
        body:
          chartKey(memoryKinds.map((memory) => `${memoryNames[memory]} memory`)) +
          columns(charts) +
          note(
            `With ${number(settings.queries)} queries a share near 50 % is known to about ± ${margin} points (95 %).`,
          ),
      },
      {
        heading: 'What was recalled',
        body:
          columns(maskKinds.map((mask) => galleryGrid(result, mask))) +
          note(
            'The first queries drawn, not chosen. Recalled is the stored image nearest to the fixed point, at the beta that ' +
              'served that memory best. Hidden pixels are magenta.',
          ),
      },
      {
        heading: 'The figures',
        body: maskKinds.map((mask) => htmlTable(recallTable(result, mask))).join('\n') + list(recallLegend(result)),
      },
      {
        heading: 'What hangs on the units',
        body:
          paragraph(
            'As beta grows, recall tends to the nearest item. Here is that limit for every image under both masks, with the ' +
              'features in other units too: a distance between features depends on them.',
          ) + htmlTable(limitsTable(result)),
      },
      { heading: 'How it is done', body: list(method(result)) },
      { heading: 'This run', body: record(result, run) },
    ],
  });
}
