import { integer, rangeError } from '../core/check.ts';
import type { ExperimentSettings } from '../core/experiment.ts';
import { ascending } from '../core/statistics.ts';
import { checkRows, checkUnits } from '../shared/sphere/splittingRows.ts';

/** The choices of the experiment on splitting. */
export interface VmfSplittingSettings extends ExperimentSettings {
  /** Each `mnist`, `fashion-mnist` or the path of a folder with such files. */
  readonly data: readonly string[];
  /** Training rows from the start of each set, a tenth of them for validation; 0 for all. */
  readonly rows: number;
  readonly batchSize: number;
  /** P_max: with how many hidden units training ends. Ascending. */
  readonly hiddenUnits: readonly number[];
  /** P_0: how many there are at first where the network grows. */
  readonly from: number;
  /** Epochs without a lower validation loss that end a stage. */
  readonly patience: number;
  /** Trainings for every point, with the seeds `seed`, `seed` + 1, and so on. */
  readonly runs: number;
}

/** The two data sets of the paper's claims. */
export const publishedData: readonly string[] = ['mnist', 'fashion-mnist'];

/**
 * A fifth of everything: rows, the batch, so that an epoch has as many steps, and hidden units, of which there are 20 x
 * 2^k after k splits, so that 325 need one more than 300. The published scale is rows 0, batchSize 1000, hiddenUnits
 * 1000, 1125, ..., 2000, from 100 (or 50 or 25: as the paper's number of splits changes between 1500 and 1625) and runs
 * 10.
 */
export const defaultVmfSplittingSettings: VmfSplittingSettings = {
  data: publishedData,
  rows: 12_000,
  batchSize: 200,
  hiddenUnits: [200, 250, 300, 325, 350, 400],
  from: 20,
  patience: 1,
  runs: 3,
  seed: 1,
};

export const quickVmfSplittingSettings: VmfSplittingSettings = {
  ...defaultVmfSplittingSettings,
  data: ['mnist'],
  rows: 1500,
  batchSize: 50,
  hiddenUnits: [30, 40, 50],
  from: 5,
  runs: 2,
};

/** Sizes, trainings and epochs of patience that would take days, or more memory than there is. */
const greatestUnits = 20_000;
const greatestRuns = 1000;
const greatestPatience = 1000;
const greatestBatch = 1_000_000;

export function checkVmfSplittingSettings(settings: VmfSplittingSettings): void {
  const { data, hiddenUnits, from, runs, rows, batchSize, patience, seed } = settings;
  if (data.length === 0) throw rangeError('settings.data', 'names of data sets', data);
  const twice = data.findIndex((name, at) => data.indexOf(name) < at);
  if (twice >= 0) throw rangeError(`settings.data[${twice}]`, 'another data set than those before', data[twice]);
  checkRows(rows);
  ascending('settings.hiddenUnits', hiddenUnits);
  checkSizes(settings, rows);
  integer('settings.from', from, 1, hiddenUnits[0] as number);
  integer('settings.batchSize', batchSize, 1, greatestBatch);
  integer('settings.patience', patience, 1, greatestPatience);
  integer('settings.runs', runs, 1, greatestRuns);
  // The last training's is seed + runs - 1.
  integer('settings.seed', seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - runs);
}

/** Again when the rows have been read, of which there are as many as the files have. */
export function checkSizes({ hiddenUnits }: VmfSplittingSettings, rows: number): void {
  for (const [at, units] of hiddenUnits.entries()) {
    checkUnits(`settings.hiddenUnits[${at}]`, units, 1, greatestUnits, rows);
  }
}
