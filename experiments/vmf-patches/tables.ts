/** Figures, tables and findings of the experiment on patches. */

import { lines, quantity, series } from '../core/charts.ts';
import type { ResultChart, ResultPictures, ResultTable } from '../core/experiment.ts';
import { percent } from '../core/statistics.ts';
import { table } from '../core/table.ts';
import { letterName, memoryImages } from '../shared/sphere/memoryPictures.ts';
import { meanEntropy, used } from './findings.ts';
import { type ClassOverlaps, dominance } from './latentClasses.ts';
import type { PatchesMeasured, PatchModel } from './measures.ts';
import type { VmfPatchesSettings } from './settings.ts';

const perFigure = 25;

interface Figure {
  readonly name: string;
  readonly title: string;
  readonly indices: readonly number[];
}

/** Figure 5: as they come, that is at random. Figures 8 to 11: all of them, sorted by class. */
export function figuresOf({ labels: { classes } }: PatchModel, { hiddenUnits }: VmfPatchesSettings): Figure[] {
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

export function picturesOf(
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

export function modelsTable({ count: { patches, blank }, models }: PatchesMeasured): ResultTable {
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

export const overlap = (field: keyof ClassOverlaps) => ({
  value: ({ overlaps }: PatchModel) => overlaps?.[field] ?? null,
});

/** Columns of overlaps; cells are empty where no two memories are of one class, or all are. */
const overlapColumns = [
  { name: 'within', title: 'overlap within a class', format: '.3f', ...overlap('within') },
  { name: 'between', title: 'between classes', format: '.3f', ...overlap('between') },
  { name: 'difference', title: 'difference', format: '.3f', ...overlap('difference') },
  { name: 'random', title: 'greatest difference at random', format: '.3f', ...overlap('greatestAtRandom') },
  { name: 'p', title: 'p', format: '.1~g', ...overlap('pValue') },
];

export function epochsTable({ models }: PatchesMeasured): ResultTable {
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

/** Number of memories of each class, beside its given share of the probability. */
export function classesTable({ models }: PatchesMeasured, { classes }: VmfPatchesSettings): ResultTable {
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

export const betaChart = byEpoch('beta', 'The trained beta', 'beta at the end of every epoch.');

export const lossChart = byEpoch('loss', 'The loss', 'The loss of every epoch.');
