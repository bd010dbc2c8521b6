/** What the experiment on images shows of its recalls. */

import type { Finding, ResultChart, ResultPictures, ResultTable } from '../experiment.ts';
import type { RecallCurve, RecallPoint } from '../recall.ts';
import { percent } from '../shares.ts';
import { halfwayBeta } from '../text/betaSweep.ts';
import type { AutoencoderLoss } from './autoencoderTraining.ts';
import { type ImageSample, type MaskKind, maskKinds } from './imageSample.ts';
import { applyMask } from './masks.ts';

export const contenderNames = { gaussian: 'Gaussian', euclidean: 'Euclidean', pixels: 'pixels' } as const;
type ContenderName = keyof typeof contenderNames;
const contenders = Object.keys(contenderNames) as ContenderName[];

/** Recall of a data set's images from one kind of Gaussians, by the three memories. */
export interface ImageRecall {
  readonly data: string;
  readonly features: string;
  readonly curves: Readonly<Record<ContenderName, Readonly<Record<MaskKind, RecallCurve>>>>;
}

export interface ImageSetRecall {
  readonly data: string;
  readonly sample: ImageSample;
  readonly losses: readonly AutoencoderLoss[];
  /** What the autoencoder makes of the first queries, pixels at random missing: bytes, one image after the other. */
  readonly reconstructions: readonly number[];
  readonly recalls: readonly ImageRecall[];
}

/** Folders are called by their last name. */
const setName = (data: string) => data.split(/[\\/]/).filter(Boolean).at(-1) ?? data;

/** Share at and above which recall is near-perfect. */
const nearPerfect = 0.95;
/** Share at and below which it fails. */
const failure = 0.05;
/** A transition that ends below is none of recall: most queries are lost at every beta. */
const half = 0.5;
/** Scaled betas at and below which beta is moderate: there the weight of a neighbour at the usual distance is e^-32 of the own item's. */
const moderate = 32;
/** Recalled shares are uncertain by up to sqrt(1/4 / queries); differences of two of these deviations count. */
const uncertainty = (queries: number) => 1 / Math.sqrt(queries);

/** Of what the paper says, with its mask: pixels at random. */
export function imageFindings(recall: ImageRecall, queries: number): Finding[] {
  const { gaussian } = recall.curves;
  const of = `${setName(recall.data)}, ${recall.features}`;
  const halfway = halfwayBeta(gaussian.random);
  const distance = gaussian.random.neighbourDistance;
  return [
    {
      what: `recalled by the Gaussian memory at moderate beta: ${of}`,
      published: 'near-perfect',
      ...bestRecall(gaussian.random),
    },
    { what: `transition in beta: ${of}`, published: 'a phase transition', ...transition(gaussian.random) },
    {
      what: `position of the transition: ${of}`,
      published: '',
      ours:
        halfway === undefined
          ? 'none'
          : `half at beta ${halfway.toPrecision(3)}, ${(halfway * distance).toPrecision(3)} over the squared neighbour distance`,
      verdict: 'not published',
    },
    { what: `Euclidean and pixel memories: ${of}`, published: 'plateau below it', ...plateaus(recall, queries) },
  ];
}

type Compared = Pick<Finding, 'ours' | 'verdict' | 'why'>;

function bestRecall({ points, limit }: RecallCurve): Compared {
  const [first, ...others] = points as readonly [RecallPoint, ...RecallPoint[]];
  const among = others.filter(({ scaledBeta }) => scaledBeta <= moderate);
  const best = among.reduce((best, point) => (point.right > best.right ? point : best), first);
  const ours = `${percent(best.right)} at beta ${best.beta.toPrecision(3)}; ${percent(limit)} of the queries are nearest to their own item`;
  if (best.right >= nearPerfect) return { ours, verdict: 'reproduced' };
  const why =
    limit < nearPerfect
      ? 'the mask moves these features so far that another item is the nearest: no beta recalls more than the limit'
      : 'recall stays below the limit at these betas';
  return { ours, verdict: 'not reproduced', why };
}

function transition({ points, limit }: RecallCurve): Compared {
  const [first, last] = [points[0], points.at(-1)] as [RecallPoint, RecallPoint];
  const ours = `${percent(first.right)} at beta ${first.beta.toPrecision(3)}, ${percent(last.right)} at beta ${last.beta.toPrecision(3)}`;
  // From failure to all that the limit allows, be it near-perfect or not.
  if (first.right <= failure && limit >= half && last.right >= nearPerfect * limit) {
    return { ours, verdict: 'reproduced' };
  }
  const missing =
    limit < half
      ? 'the nearest item is their own for less than half of the queries'
      : 'the sweep does not go from failure to the limit';
  return { ours, verdict: 'not reproduced', why: missing };
}

function plateaus({ curves }: ImageRecall, queries: number): Compared {
  const best = (name: ContenderName) => curves[name].random.best.right;
  const ours = `at best ${contenders.map((name) => `${contenderNames[name]} ${percent(best(name))}`).join(', ')}`;
  const lead = best('gaussian') - Math.max(best('euclidean'), best('pixels'));
  if (lead > uncertainty(queries)) return { ours, verdict: 'reproduced' };
  if (lead > 0) return { ours, verdict: 'undetermined', why: 'so many queries do not tell such shares apart' };
  return {
    ours,
    verdict: 'not reproduced',
    why: 'a baseline recalls as many of these images, or more',
  };
}

export function limitsTable(recalls: readonly ImageRecall[]): ResultTable {
  return {
    name: 'memories',
    title: 'Best recall of each memory, and its limit',
    columns: [
      { name: 'data', title: 'images' },
      { name: 'features', title: 'Gaussians' },
      { name: 'mask', title: 'mask' },
      { name: 'memory', title: 'memory' },
      { name: 'best', title: 'recalled at best', format: '.1%' },
      { name: 'beta', title: 'at beta', format: '.3~g' },
      { name: 'limit', title: 'own item nearest', format: '.1%' },
      { name: 'halfwayBeta', title: 'beta at half', format: '.3~g' },
      { name: 'neighbourDistance', title: 'squared distance to the neighbour', format: '.3~g' },
    ],
    rows: everyCurve(recalls).map(({ names, curve }) => {
      const { best, limit, neighbourDistance } = curve;
      return [...names, best.right, best.beta, limit, halfwayBeta(curve) ?? null, neighbourDistance];
    }),
  };
}

function everyCurve(recalls: readonly ImageRecall[]) {
  return recalls.flatMap(({ data, features, curves }) =>
    maskKinds.flatMap((mask) =>
      contenders.map((memory) => ({
        names: [setName(data), features, mask, contenderNames[memory]],
        curve: curves[memory][mask],
      })),
    ),
  );
}

const recallName = 'recall';

export function recallTable(recalls: readonly ImageRecall[]): ResultTable {
  return {
    name: recallName,
    title: 'Recall against beta',
    columns: [
      { name: 'data', title: 'images' },
      { name: 'features', title: 'Gaussians' },
      { name: 'mask', title: 'mask' },
      { name: 'memory', title: 'memory' },
      { name: 'beta', title: 'beta', format: '.3~g' },
      { name: 'scaledBeta', title: 'beta x squared neighbour distance', format: '.3~g' },
      { name: 'right', title: 'recalled', format: '.1%' },
      { name: 'settled', title: 'state at its item', format: '.1%' },
      { name: 'medianIterations', title: 'median iterations', format: '.0f' },
      { name: 'converged', title: 'converged', format: '.0%' },
    ],
    rows: everyCurve(recalls).flatMap(({ names, curve }) =>
      curve.points.map((point) => [
        ...names,
        point.beta,
        point.scaledBeta,
        point.right,
        point.settled,
        point.medianIterations,
        point.converged,
      ]),
    ),
  };
}

/** A chart for each mask: a panel for each data set and kind of Gaussians. */
export function recallCharts({ hiddenShare, blockSide }: { hiddenShare: number; blockSide: number }): ResultChart[] {
  const masks = {
    random: `${percent(hiddenShare)} of the pixels hidden at random`,
    block: `a block of ${blockSide} x ${blockSide} pixels hidden`,
  };
  return maskKinds.map((mask) => ({
    name: `${recallName}-${mask}`,
    title: `Share of images recalled, ${masks[mask]}`,
    description: `The share of masked images recalled against beta, a line for each memory; ${masks[mask]}.`,
    table: recallName,
    specification: {
      transform: [{ filter: { field: 'mask', equal: mask } }],
      facet: {
        row: { field: 'data', type: 'nominal', sort: null, header: { title: null } },
        column: { field: 'features', type: 'nominal', sort: null, header: { title: null } },
      },
      spec: {
        mark: { type: 'line', point: true },
        encoding: {
          x: {
            field: 'scaledBeta',
            type: 'quantitative',
            scale: { type: 'log' },
            axis: { title: 'beta x squared neighbour distance', tickCount: 5 },
          },
          y: {
            field: 'right',
            type: 'quantitative',
            scale: { domain: [0, 1] },
            axis: { title: 'recalled', format: '.0%' },
          },
          color: { field: 'memory', type: 'nominal', sort: null, legend: { title: 'memory' } },
        },
      },
    },
  }));
}

const lossName = 'autoencoder';

export function lossTable(sets: readonly ImageSetRecall[]): ResultTable {
  return {
    name: lossName,
    title: 'Training of the autoencoder: loss of an image, in nats',
    columns: [
      { name: 'data', title: 'images' },
      { name: 'epoch', title: 'epoch', format: 'd' },
      { name: 'loss', title: 'loss', format: '.1f' },
      { name: 'reconstruction', title: 'reconstruction', format: '.1f' },
      { name: 'divergence', title: 'divergence from the prior', format: '.1f' },
    ],
    rows: sets.flatMap(({ data, losses }) =>
      losses.map(({ reconstruction, divergence }, epoch) => [
        setName(data),
        epoch + 1,
        reconstruction + divergence,
        reconstruction,
        divergence,
      ]),
    ),
  };
}

export const lossChart: ResultChart = {
  name: lossName,
  title: 'Loss of the autoencoder',
  description: 'The mean loss of an image falls from epoch to epoch of the training, on every data set.',
  table: lossName,
  specification: {
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'epoch', type: 'quantitative', axis: { title: 'epoch', tickMinStep: 1 } },
      y: { field: 'loss', type: 'quantitative', scale: { zero: false }, axis: { title: 'loss (nats)' } },
      color: { field: 'data', type: 'nominal', sort: null, legend: { title: 'images' } },
    },
  },
};

/** The first queries of a data set: original, masked, what the autoencoder makes of that, and what the memories recall at their best. */
export function galleries(set: ImageSetRecall): ResultPictures[] {
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
  return [
    {
      name: `recalled-${setName(data)}`,
      title: `${setName(data)}: what the memories recall`,
      description:
        'A row for each query: the original, the masked image, its reconstruction by the autoencoder, and the item each memory recalls at its best beta; a cross marks a wrong one.',
      width,
      height,
      columns: rows[0]?.length ?? 1,
      images: rows.flat(),
    },
  ];
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
