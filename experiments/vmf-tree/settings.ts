import { integer, positive, rangeError } from '../core/check.ts';
import type { ExperimentSettings } from '../core/experiment.ts';
import { checkRows, checkUnits } from '../shared/sphere/splittingRows.ts';

/** The choices of the experiment on the tree of learning. */
export interface VmfTreeSettings extends ExperimentSettings {
  /** `mnist`, `fashion-mnist` or the path of a folder with such files. */
  readonly data: string;
  /** Training rows from the start of the set; 0 for all. */
  readonly rows: number;
  readonly batchSize: number;
  readonly hiddenUnits: number;
  /** Number of epochs, with and without splitting. */
  readonly epochs: number;
  /** Initial number of hidden units of a growing network, and epochs between two splits. */
  readonly from: number;
  readonly stageEpochs: number;
  /** kappa of the distribution about the mean direction of the rows that memories begin with. */
  readonly concentration: number;
  /** Training rows, from the first one on, that overlaps are taken with. */
  readonly patterns: number;
  /** Neighbours of every point in the projection (UMAP's n_neighbors). */
  readonly neighbours: number;
}

/**
 * The paper says neither how many memories there are nor for how many epochs they learn: here as many as UMAP in
 * JavaScript projects in half a minute. An epoch is a third as many steps as in the published trainings, so that the
 * tree is seen in more detail. Published rows: rows 0 and batchSize 1000.
 */
export const defaultVmfTreeSettings: VmfTreeSettings = {
  data: 'mnist',
  rows: 4000,
  batchSize: 200,
  hiddenUnits: 48,
  epochs: 60,
  from: 3,
  stageEpochs: 10,
  // In 784 dimensions this is an overlap of 0.996 with the mean direction: the memories begin as one.
  concentration: 1e5,
  patterns: 1000,
  neighbours: 30,
  seed: 1,
};

export const quickVmfTreeSettings: VmfTreeSettings = {
  ...defaultVmfTreeSettings,
  rows: 2000,
  batchSize: 50,
  hiddenUnits: 12,
  epochs: 20,
  stageEpochs: 5,
  patterns: 100,
  neighbours: 15,
};

/** Networks whose pairs of memories take longer to compare than to train. */
const greatestUnits = 500;
/** Points, neighbours of each and overlaps in all that UMAP in JavaScript still projects, in minutes. */
const greatestPoints = 20_000;
const greatestNeighbours = 200;
const greatestOverlaps = 2 ** 26;
const greatestBatch = 1_000_000;
/**
 * Greatest concentration: in some thousands of dimensions, initial memories then agree to the last digits of single
 * precision.
 */
const greatestConcentration = 1e12;

export function checkVmfTreeSettings(settings: VmfTreeSettings): void {
  const { rows, hiddenUnits, epochs, patterns, neighbours, concentration, seed } = settings;
  if (positive('settings.concentration', concentration) > greatestConcentration) {
    throw rangeError('settings.concentration', `a number of at most ${greatestConcentration}`, concentration);
  }
  checkRows(rows);
  checkSizes(settings, rows);
  integer('settings.from', settings.from, 2, hiddenUnits);
  integer('settings.batchSize', settings.batchSize, 1, greatestBatch);
  integer('settings.epochs', epochs, 1, Math.floor(greatestPoints / hiddenUnits));
  integer('settings.stageEpochs', settings.stageEpochs, 1, epochs);
  const points = hiddenUnits * epochs;
  integer('settings.patterns', patterns, 1, Math.floor(greatestOverlaps / points));
  // At most the number of other points without splitting.
  integer('settings.neighbours', neighbours, 2, Math.min(points - 1, greatestNeighbours));
  integer('settings.seed', seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
}

/** Again when the rows have been read, of which there are as many as the files have. */
export function checkSizes({ hiddenUnits, patterns }: VmfTreeSettings, rows: number): void {
  checkUnits('settings.hiddenUnits', hiddenUnits, 2, greatestUnits, rows);
  integer('settings.patterns', patterns, 1, rows || Number.MAX_SAFE_INTEGER);
}
