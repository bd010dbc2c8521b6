import { bars, category, panel, panels, quantity } from '../core/charts.ts';
import type { ResultChart, ResultPictures, ResultTable } from '../core/experiment.ts';
import { table } from '../core/table.ts';
import { classWeightsChart, classWeightsTable } from '../shared/sphere/classWeightsChart.ts';
import { letterName, letterRows, memoryImages } from '../shared/sphere/memoryPictures.ts';
import type { MeasuredMemories, MeasuredModel } from './experiment.ts';
import { type ClassReconstruction, shownStates } from './reconstruction.ts';
import type { VmfMemoriesSettings } from './settings.ts';

const allModels = ({ few, fixed, trained }: MeasuredMemories) => [few, ...fixed, ...trained];

export function memoriesTables(measured: MeasuredMemories, settings: VmfMemoriesSettings): ResultTable[] {
  const { trained, classNames } = measured;
  return [
    modelsTable(allModels(measured)),
    overlapsTable(allModels(measured), settings),
    patternsTable(measured),
    ...trained.slice(0, 1).map((model) => classWeightsTable({ ...weightsOf(model), classNames })),
  ];
}

function weightsOf({ name, model, shown }: MeasuredModel) {
  return {
    name: 'class-weights',
    title: `Class weights over the memory's share, beta ${name}`,
    classWeights: model.memory.classWeights,
    indices: shown,
  };
}

function modelsTable(models: readonly MeasuredModel[]): ResultTable {
  return table({
    name: 'models',
    title: 'Memories of every model, and how they explain it',
    columns: [
      { name: 'model', title: 'model', value: ({ name }) => name },
      { name: 'memories', title: 'memories', format: 'd', value: ({ model }) => model.memory.hiddenUnits },
      { name: 'beta', title: 'beta', format: '.4~g', value: ({ model }) => model.memory.beta },
      { name: 'accuracy', title: 'accuracy on test digits', format: '.1%' },
      { name: 'noise', title: 'noise', format: '.1%' },
      { name: 'idle', title: 'most similar to no digit', format: '.1%' },
      { name: 'idleNoise', title: 'noise most similar to no digit', format: '.1%' },
      { name: 'different', title: 'different, no noise', format: 'd' },
      { name: 'labelled', title: 'likeliest class is that of the digit', format: '.1%' },
      { name: 'certainty', title: 'its median weight', format: '.0%' },
      { name: 'fidelity', title: 'fidelity', format: '.1%' },
      { name: 'right', title: 'of digits classified right', format: '.1%' },
      { name: 'wrong', title: 'of digits classified wrong', format: '.1%' },
    ],
    rows: models,
  });
}

function overlapsTable(models: readonly MeasuredModel[], { leastSharedNorm }: VmfMemoriesSettings): ResultTable {
  return table({
    name: 'overlaps',
    title: 'Overlap of every memory with the training digit most like it',
    isRaw: true,
    columns: [
      { name: 'model', title: 'model' },
      { name: 'index', title: 'index', format: 'd' },
      { name: 'overlap', title: 'overlap', format: '.3f' },
      {
        name: 'kind',
        title: 'kind',
        value: ({ overlap }) => (overlap ** 2 < leastSharedNorm ? 'noise' : 'prototype'),
      },
    ],
    rows: models.flatMap(({ name, overlaps }) => overlaps.map((overlap, index) => ({ model: name, index, overlap }))),
  });
}

function patternsTable({ patterns: { random, digits }, classNames }: MeasuredMemories): ResultTable {
  const different =
    ({ different }: ClassReconstruction) =>
    (_: string, y: number) =>
      different[y] as number;
  return table({
    name: 'patterns',
    title: 'Local minima of -log P(x | y): how many different ones starts lead to',
    columns: [
      { name: 'class', title: 'class', value: (name) => name },
      { name: 'random', title: 'from random directions', format: 'd', value: different(random) },
      { name: 'digits', title: 'from test digits of the class', format: 'd', value: different(digits) },
    ],
    rows: classNames,
  });
}

export function memoriesCharts(measured: MeasuredMemories): ResultChart[] {
  const names = allModels(measured).map(({ name }) => name);
  return [
    noiseChart,
    overlapsChart(names),
    ...measured.trained.slice(0, 1).map((model) => classWeightsChart(weightsOf(model))),
  ];
}

const noiseChart: ResultChart = {
  name: 'noise',
  title: 'Share of memories that stay noise',
  description: 'A bar for each model: the share of its memories that are noise.',
  table: 'models',
  specification: {
    height: 220,
    ...bars({ y: category('model', null), x: quantity('noise', 'noise', { format: '.0%' }) }),
  },
};

const overlapsChart = (names: readonly string[]): ResultChart => ({
  name: 'overlaps',
  title: 'Overlap of memories with the training digit most like them',
  description:
    'A histogram for each model: how many memories overlap by how much with a digit, coloured by whether they count as noise.',
  table: 'overlaps',
  specification: panels(
    { wrapped: panel('model', null, names), independent: 'y' },
    bars({
      x: {
        ...quantity('overlap', 'overlap', { values: [0, 0.25, 0.5, 0.75, 1] }),
        bin: { step: 0.05, extent: [0, 1] },
      },
      y: { aggregate: 'count', type: 'quantitative', axis: { title: 'memories' } },
      color: { field: 'kind', type: 'nominal', sort: ['prototype', 'noise'], legend: { title: null } },
    }),
  ),
});

export function memoriesPictures(measured: MeasuredMemories): ResultPictures[] {
  return [
    ...allModels(measured).map((model) => modelPictures(model, measured)),
    ...patternPictures(measured),
    completionPictures(measured),
  ];
}

const sizeOf = ({ images: { height, width } }: MeasuredMemories) => ({ height, width });

function modelPictures({ name, part, model, shown }: MeasuredModel, measured: MeasuredMemories): ResultPictures {
  const { memory } = model;
  const classes = memory.memoryClasses;
  const className = (y: number) => (y === 0 ? 'none' : (measured.classNames[y - 1] as string));
  const caption = (index: number) => `${letterName(shown.indexOf(index))}: ${className(classes[index] as number)}`;
  const these =
    shown.length === memory.hiddenUnits ? `All ${shown.length}` : `${shown.length} of the ${memory.hiddenUnits}`;
  return {
    name: `memories-${part}`,
    title: `${these} memories: ${name}`,
    description: `${these} memories as grey images, each with its name and likeliest class: ${name}.`,
    ...sizeOf(measured),
    columns: letterRows,
    images: memoryImages(memory, shown, caption),
  };
}

function patternPictures(measured: MeasuredMemories): ResultPictures[] {
  const { patterns, trained, classNames } = measured;
  return (['random', 'digits'] as const).map((start) => {
    const { pixels } = patterns[start];
    const columns = pixels.length / classNames.length;
    const from = start === 'random' ? 'random directions' : 'its first test digits';
    return {
      name: `patterns-${start}`,
      title: `Patterns of each class, from ${from}: beta ${trained[0]?.name}`,
      description: `Local minima of -log P(x | y), up to ${shownStates} for each class, a class a row.`,
      ...sizeOf(measured),
      columns,
      images: pixels.map((pixels, at) => ({ pixels, caption: classNames[Math.floor(at / columns)] as string })),
    };
  });
}

function completionPictures(measured: MeasuredMemories): ResultPictures {
  const { completions, classNames } = measured;
  return {
    name: 'completions',
    title: 'Test digits, their upper halves, and what is made of them with the class',
    description: 'The first test digit of each class, the half of it that is known, and its completion.',
    ...sizeOf(measured),
    columns: 6,
    images: completions.flatMap(({ label, original, start, completed }) => [
      { pixels: original, caption: classNames[label - 1] as string },
      { pixels: start, caption: 'known' },
      { pixels: completed, caption: 'completed' },
    ]),
  };
}
