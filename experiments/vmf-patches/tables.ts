/** Figures, tables and findings of the experiment on patches. */

import { mean } from 'd3-array';
import { lines, quantity, series } from '../core/charts.ts';
import type { ExperimentResult, Finding, ResultChart, ResultPictures, ResultTable } from '../core/experiment.ts';
import { percent } from '../core/statistics.ts';
import { table } from '../core/table.ts';
import { classWeightsChart, classWeightsTable } from '../shared/sphere/classWeightsChart.ts';
import { letterName, memoryImages } from '../shared/sphere/memoryPictures.ts';
import type { PatchCount, PatchesMeasured, PatchModel } from './experiment.ts';
import { type ClassOverlaps, dominance } from './latentClasses.ts';
import type { VmfPatchesSettings } from './settings.ts';

export function vmfPatchesResult(measured: PatchesMeasured, settings: VmfPatchesSettings): ExperimentResult {
  const [first] = measured.models as [PatchModel];
  const figures = figuresOf(first, settings);
  const shown = figures.map(({ name, title, indices }) => ({
    name: `weights-${name}`,
    title: `Class weights of ${title}`,
    classWeights: first.trained.memory.classWeights,
    indices,
    classNames: Array.from({ length: settings.classes }, (_, y) => `${y + 1}`),
  }));
  return {
    findings: [
      blankFinding(measured),
      ...measured.models.flatMap((model) => findingsOf(model, measured.count, settings)),
    ],
    tables: [
      modelsTable(measured),
      epochsTable(measured),
      classesTable(measured, settings),
      ...shown.map(classWeightsTable),
    ],
    charts: [betaChart, lossChart, ...shown.map(classWeightsChart)],
    pictures: figures.map((figure) => picturesOf(figure, first, settings)),
  };
}

const perFigure = 25;

interface Figure {
  readonly name: string;
  readonly title: string;
  readonly indices: readonly number[];
}

/** Figure 5: as they come, that is at random. Figures 8 to 11: all of them, sorted by class. */
function figuresOf({ labels: { classes } }: PatchModel, { hiddenUnits }: VmfPatchesSettings): Figure[] {
  const all = Array.from({ length: hiddenUnits }, (_, unit) => unit);
  const sorted = [...all].sort((a, b) => (classes[a] as number) - (classes[b] as number) || a - b);
  const figures: Figure[] = [{ name: 'mixed', title: 'memories as in figure 5', indices: all.slice(0, perFigure) }];
  for (let begin = 0; begin < hiddenUnits; begin += perFigure) {
    const indices = sorted.slice(begin, begin + perFigure);
    const title = `memories ${begin + 1} to ${begin + indices.length}, sorted by class`;
    figures.push({ name: `sorted-${begin / perFigure + 1}`, title, indices });
  }
  return figures;
}

function picturesOf(
  { name, title, indices }: Figure,
  { trained, labels }: PatchModel,
  { patchSize }: VmfPatchesSettings,
): ResultPictures {
  const { memory } = trained;
  const position = new Map(indices.map((index, at) => [index, at]));
  const caption = (index: number) =>
    `${letterName(position.get(index) as number)}: ${className(labels.classes[index] as number)}`;
  return {
    name: `memories-${name}`,
    title: `${title[0]?.toUpperCase()}${title.slice(1)}`,
    description: 'Each patch with its letters and its likeliest class.',
    width: patchSize,
    height: patchSize,
    columns: 5,
    images: memoryImages(memory, indices, caption),
  };
}

const className = (y: number) => (y === 0 ? 'none' : `${y}`);
const meanEntropy = ({ labels }: PatchModel) => mean(labels.entropies) as number;
const used = ({ labels }: PatchModel) => new Set(labels.classes.filter((y) => y > 0)).size;

function blankFinding({ count: { patches, blank }, models }: PatchesMeasured): Finding {
  const betas = models.map(({ blanks, trained }) => `${trained.memory.beta.toFixed(1)} with blank patches ${blanks}`);
  return {
    what: 'patches without contrast, and the trained beta',
    published: '',
    ours: `${percent(blank / patches)} of ${patches} patches are blank; beta ends at ${betas.join(', ')}`,
    verdict: 'not published',
  };
}

/** Of the permutation test. */
const significance = 0.01;

/**
 * Chance alone is too little to ask for: among thousands of pairs it is excluded by overlaps that no one would see. Two
 * directions drawn at random in R^N overlap by 1 / sqrt(N), root mean square: memories of a class are to be more alike than
 * others by as much at least.
 */
const leastDifference = ({ patchSize }: VmfPatchesSettings) => 1 / patchSize;

/** Of descent: 60,000 digits of 144 patches, in minibatches of 1000, for ten epochs. */
const publishedSteps = 86_400;

function findingsOf(model: PatchModel, count: PatchCount, settings: VmfPatchesSettings): Finding[] {
  const { labels, blanks } = model;
  const { classes } = settings;
  const entropy = `${meanEntropy(model).toFixed(3)} of at most ${Math.log(classes + 1).toFixed(3)}`;
  const where = `blank patches ${blanks}`;
  return [
    {
      what: `memories with a class of their own, ${where}`,
      published: '',
      ours: `${percent(labels.dominant)} have a class with more than ${percent(dominance)} of their weight; mean entropy ${entropy}; ${used(model)} of ${classes} classes are used`,
      verdict: 'not published',
    },
    { what: `what memories of a class have in common, ${where}`, ...likenessOf(model, count, settings) },
  ];
}

/** Of leaving patches out the paper says nothing: that model is for comparison. */
function likenessOf(model: PatchModel, count: PatchCount, settings: VmfPatchesSettings): Omit<Finding, 'what'> {
  const { overlaps, blanks } = model;
  const least = leastDifference(settings);
  const ours = overlaps
    ? `mean overlap ${overlaps.within.toFixed(3)} within a class, ${overlaps.between.toFixed(3)} between classes, a difference of ${overlaps.difference.toFixed(3)} where ${least.toFixed(3)} is asked for; p = ${overlaps.pValue.toPrecision(2)} by dealing the classes out at random`
    : 'no two memories are of one class, or all are';
  if (blanks === 'left out') return { published: '', ours, verdict: 'not published' };
  const holds = overlaps !== null && overlaps.pValue <= significance && overlaps.difference >= least;
  return { published: 'latent classes of memories are reasonable', ours, ...verdict(holds, count, settings) };
}

/** Classes that are alike can be seen at any scale; where they are not, more steps may still part the memories. */
function verdict(
  holds: boolean,
  { patches }: PatchCount,
  { epochs, batchSize }: VmfPatchesSettings,
): Pick<Finding, 'verdict' | 'why'> {
  if (holds) return { verdict: 'reproduced' };
  const steps = Math.round((patches * epochs) / batchSize);
  return steps < publishedSteps
    ? { verdict: 'undetermined', why: `${steps} steps of descent, of ${publishedSteps} at the published scale` }
    : { verdict: 'not reproduced', why: 'memories of a class are not more alike than others' };
}

function modelsTable({ count: { patches, blank }, models }: PatchesMeasured): ResultTable {
  return table({
    name: 'models',
    title: 'Classes of memories',
    columns: [
      { name: 'blanks', title: 'blank patches' },
      {
        name: 'rows',
        title: 'patches',
        format: 'd',
        value: ({ blanks }) => patches - (blanks === 'kept' ? 0 : blank),
      },
      { name: 'beta', title: 'beta', format: '.2f', value: ({ trained }) => trained.memory.beta },
      { name: 'loss', title: 'loss', format: '.4f', value: ({ trained }) => trained.history.at(-1)?.loss ?? null },
      {
        name: 'dominant',
        title: `a class above ${percent(dominance)}`,
        format: '.0%',
        value: ({ labels }) => labels.dominant,
      },
      { name: 'entropy', title: 'mean entropy', format: '.3f', value: meanEntropy },
      { name: 'used', title: 'classes used', format: 'd', value: used },
      { name: 'none', title: 'memories of no class', format: 'd', value: ({ labels }) => memoriesOf(labels, 0) },
      ...overlapColumns,
    ],
    rows: models,
  });
}

const memoriesOf = ({ classes }: PatchModel['labels'], y: number) => classes.filter((own) => own === y).length;

const overlap = (field: keyof ClassOverlaps) => ({
  value: ({ overlaps }: PatchModel) => overlaps?.[field] ?? null,
});

/** Nothing where no two memories are of one class, or all are. */
const overlapColumns = [
  { name: 'within', title: 'overlap within a class', format: '.3f', ...overlap('within') },
  { name: 'between', title: 'between classes', format: '.3f', ...overlap('between') },
  { name: 'difference', title: 'difference', format: '.3f', ...overlap('difference') },
  { name: 'random', title: 'greatest difference at random', format: '.3f', ...overlap('greatestAtRandom') },
  { name: 'p', title: 'p', format: '.1~g', ...overlap('pValue') },
];

function epochsTable({ models }: PatchesMeasured): ResultTable {
  return table({
    name: 'epochs',
    title: 'Training, epoch by epoch',
    columns: [
      { name: 'blanks', title: 'blank patches' },
      { name: 'epoch', title: 'epoch', format: 'd' },
      { name: 'beta', title: 'beta', format: '.3f' },
      { name: 'loss', title: 'loss', format: '.4f' },
    ],
    rows: models.flatMap(({ blanks, trained }) => trained.history.map((record) => ({ blanks, ...record }))),
  });
}

/** How many memories each class has, beside the share of the probability that it was given. */
function classesTable({ models }: PatchesMeasured, { classes }: VmfPatchesSettings): ResultTable {
  return table({
    name: 'classes',
    title: 'Memories of each class, beside its share of the probability',
    columns: [
      { name: 'blanks', title: 'blank patches' },
      { name: 'class', title: 'class', value: ({ y }) => className(y) },
      { name: 'share', title: 'share of the class', format: '.3f', value: classShare },
      { name: 'memories', title: 'memories', format: 'd', value: ({ labels, y }) => memoriesOf(labels, y) },
    ],
    rows: models.flatMap((model) => Array.from({ length: classes + 1 }, (_, y) => ({ ...model, y }))),
  });
}

/** The sum of a class's weights over all memories. */
function classShare({ trained, y }: PatchModel & { readonly y: number }): number {
  const { data, columns } = trained.memory.classWeights;
  return data.reduce((sum, weight, at) => (at % columns === y ? sum + weight : sum), 0);
}

const byEpoch = (name: 'beta' | 'loss', title: string, description: string): ResultChart => ({
  name,
  title,
  description,
  table: 'epochs',
  specification: lines({
    x: quantity('epoch', 'epoch', { tickMinStep: 1 }),
    y: quantity(name, name, {}, { zero: name === 'beta' }),
    by: series('blanks', 'blank patches'),
  }),
});

const betaChart = byEpoch('beta', 'The trained beta', 'beta at the end of every epoch.');
const lossChart = byEpoch('loss', 'The loss', 'The loss of every epoch.');
