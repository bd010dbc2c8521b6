/** Memories of handwritten digits: of table 1 and figures 1, 3 and 4 of Thériault and Tantari 2025. */
import type { CallOptions } from '../../core/types.ts';
import type { SphereTrainingData } from '../../sphere/types.ts';
import type { ExperimentSettings, Finding, PartStore } from '../experiment.ts';
import { type ImageSource, onSphere, readLabelledImages } from '../labelledImages.ts';
import { ascending } from '../shares.ts';
import { type TrainedSphere, trainedSphere } from './sphereModels.ts';

/** What is trained on, and how; experiments with the same choices share their models. */
export interface DigitSettings extends ExperimentSettings {
  /** As {@link ImageSource.data}. */
  readonly data: string;
  /** How many images from the start of the file; 0 for all. The last tenth is for validation. */
  readonly trainCount: number;
  readonly testCount: number;
  readonly hiddenUnits: number;
  /** Fixed ones, from small to great. */
  readonly betas: readonly number[];
  /** Of trainings with a trained beta: the paper's sigma, from small to great. */
  readonly betaScales: readonly number[];
  /** Of trainings with a trained beta. */
  readonly batchSize: number;
  readonly maxEpochs: number;
  readonly patience: number;
  /** Of those with a fixed one. */
  readonly fixedBatchSize: number;
  readonly fixedMaxEpochs: number;
  readonly fixedPatience: number;
}

/**
 * Published scale but for trainings with a fixed beta, which the paper gives batches of 1000, 300 epochs and a patience of 1, too. They run to
 * their last epoch, and what counts is the number of their small steps: batches of an eighth make as many in an eighth of the epochs, and end
 * with the same accuracy to about 0.2 points. Their losses are noisier, so patience is longer. A trained beta would lose half a point.
 */
export const defaultDigitSettings: DigitSettings = {
  data: 'mnist',
  trainCount: 0,
  testCount: 0,
  hiddenUnits: 1000,
  betas: [6, 10, 14, 18],
  betaScales: [0.25, 1],
  batchSize: 1000,
  maxEpochs: 300,
  patience: 1,
  fixedBatchSize: 125,
  fixedMaxEpochs: 38,
  fixedPatience: 3,
  seed: 1,
};

/** A few thousand digits and a few units: seconds. */
export const quickDigitSettings: DigitSettings = {
  ...defaultDigitSettings,
  trainCount: 4000,
  testCount: 1000,
  hiddenUnits: 100,
  betas: [6, 18],
  batchSize: 100,
  maxEpochs: 40,
  patience: 3,
  fixedBatchSize: 100,
  fixedMaxEpochs: 40,
};

export const digitNames = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;

/** A fixed beta, or one that is trained with this scale. */
export type BetaChoice = { readonly beta: number } | { readonly betaScale: number };

/** @throws DenseamError ERR_RANGE where there is none, or their lists do not rise. */
export function betaChoices({ betas, betaScales }: DigitSettings): BetaChoice[] {
  ascending('settings.betas', betas);
  ascending('settings.betaScales', betaScales);
  return [...betas.map((beta) => ({ beta })), ...betaScales.map((betaScale) => ({ betaScale }))];
}

export function betaName(choice: BetaChoice): string {
  return 'beta' in choice ? `beta ${choice.beta}` : `trained, sigma ${choice.betaScale}`;
}

/** The name as the name of a part. */
export function betaPart(choice: BetaChoice): string {
  return betaName(choice).replaceAll(/[^a-zA-Z0-9]+/g, '-');
}

/** Whether models are of the published size and data. */
function isPublishedScale({ data, trainCount, testCount, hiddenUnits }: DigitSettings): boolean {
  return data === 'mnist' && trainCount === 0 && testCount === 0 && hiddenUnits === 1000;
}

/** A finding about models of the published size and data, from what may be others. */
export function atPublishedScale(finding: Finding, settings: DigitSettings): Finding {
  if (finding.verdict === 'not published' || isPublishedScale(settings)) return finding;
  return { ...finding, verdict: 'undetermined', why: 'the paper says it of 1000 memories and all digits' };
}

export function findingVerdict(holds: boolean, why: string): Pick<Finding, 'verdict' | 'why'> {
  return holds ? { verdict: 'reproduced' } : { verdict: 'not reproduced', why };
}

export type DigitRows = SphereTrainingData & { readonly labels: Int32Array };

/** The two sets of digits, each read when it is first asked for. */
export interface Digits {
  train(): Promise<DigitRows>;
  test(): Promise<DigitRows>;
}

export function digitsOf({ data, trainCount, testCount }: DigitSettings, signal: AbortSignal | undefined): Digits {
  const once = (source: ImageSource) => {
    let rows: Promise<DigitRows> | undefined;
    const read = async () => onSphere(await readLabelledImages(source, { signal }), digitNames.length, { signal });
    return () => {
      rows ??= read();
      return rows;
    };
  };
  return {
    train: once({ data, part: 'train', count: trainCount }),
    test: once({ data, part: 't10k', count: testCount }),
  };
}

/** The model of a choice of beta, trained unless an experiment has left it. */
export function digitModel(
  choice: BetaChoice,
  settings: DigitSettings,
  { train }: Digits,
  parts: PartStore,
  options: CallOptions,
): Promise<TrainedSphere> {
  const { data, trainCount, hiddenUnits, seed } = settings;
  const training = { hiddenUnits, ...choice, ...lengthOf(choice, settings), seed };
  return trainedSphere(parts, { data, part: 'train', count: trainCount }, train, training, options);
}

function lengthOf(choice: BetaChoice, settings: DigitSettings) {
  const { batchSize, maxEpochs, patience, fixedBatchSize, fixedMaxEpochs, fixedPatience } = settings;
  return 'beta' in choice
    ? { batchSize: fixedBatchSize, maxEpochs: fixedMaxEpochs, patience: fixedPatience }
    : { batchSize, maxEpochs, patience };
}
