/** Trainings at every beta, and the accuracy of each. */

import type { CallOptions } from 'denseam';
import type { ExperimentContext } from '../core/experiment.ts';
import { Stages } from '../core/stages.ts';
import { shareOf } from '../core/statistics.ts';
import {
  type BetaChoice,
  betaChoices,
  betaName,
  betaPart,
  type DigitSettings,
  type Digits,
  digitImages,
  digitModel,
  digitsOf,
} from '../shared/sphere/digitModels.ts';
import type { EpochHistory, TrainedSphere } from '../shared/sphere/sphereModels.ts';

/** A training and how well its model classifies. */
export interface MeasuredBeta {
  readonly choice: BetaChoice;
  readonly name: string;
  readonly beta: number;
  readonly betaScale: number;
  readonly history: EpochHistory;
  /** The epoch whose model is kept: that of the lowest validation loss. */
  readonly kept: EpochHistory[number];
  readonly seconds: number;
  readonly accuracy: number;
}

/** Expected time of testing a model beside training it, for the progress only. */
const testingCost = 0.01;

export async function measure(
  settings: DigitSettings,
  { parts, ...options }: ExperimentContext,
): Promise<MeasuredBeta[]> {
  const choices = betaChoices(settings);
  const digits = digitsOf(settings, options.signal);
  const stages = new Stages(choices.length * (1 + testingCost) + testingCost, options);
  await stages.run('reading images', testingCost, () => digitImages(digits, settings, parts));
  const rows: MeasuredBeta[] = [];
  for (const choice of choices) {
    const name = betaName(choice);
    const model = await stages.run(`${name}: training`, 1, (options) =>
      digitModel(choice, settings, digits, parts, options),
    );
    const accuracy = await stages.run(`${name}: testing`, testingCost, (options) =>
      parts.part(`accuracy-${betaPart(choice)}`, () => testAccuracy(model, digits, options)),
    );
    const { memory, history, seconds } = model;
    const { beta, betaScale } = memory;
    rows.push({ choice, name, beta, betaScale, history, kept: lowest(history), seconds, accuracy });
  }
  return rows;
}

async function testAccuracy({ memory }: TrainedSphere, { test }: Digits, options: CallOptions): Promise<number> {
  const rows = await test();
  const predicted = await memory.predict(rows, options);
  return shareOf(predicted, (label, i) => label === rows.labels[i]);
}

function lowest(history: EpochHistory): EpochHistory[number] {
  return history.reduce((best, record) => (record.validationLoss < best.validationLoss ? record : best));
}
