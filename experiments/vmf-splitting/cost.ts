/** Counted cost of a training, equal on any machine. */
import type { EpochHistory } from '../shared/sphere/sphereModels.ts';

/** Rows that a training works on. */
export interface TrainingRows {
  readonly training: number;
  readonly validation: number;
  /** Rows that splits look at. */
  readonly splitting: number;
}

/** Matrix products over all rows and memories: overlaps, and in training the gradient from them. */
const trainingProducts = 2;
const validationProducts = 1;
/** Products of a split: overlaps and the mean of each cluster, and two for every pass of power iteration. */
const splitProducts = (passes: number) => 2 + 2 * passes;

/** Epochs that the network had one number of units for. */
export interface GrowthStage {
  readonly hiddenUnits: number;
  readonly epochs: number;
}

export function growthStages(history: EpochHistory): GrowthStage[] {
  const epochs = new Map<number, number>();
  for (const { hiddenUnits } of history) epochs.set(hiddenUnits, (epochs.get(hiddenUnits) ?? 0) + 1);
  return [...epochs].map(([hiddenUnits, epochs]) => ({ hiddenUnits, epochs }));
}

/** Products of a row and a memory, which nearly all of the time goes to: N multiplications and additions each. */
export function trainingCost(stages: readonly GrowthStage[], rows: TrainingRows, passes: number): number {
  const epoch = trainingProducts * rows.training + validationProducts * rows.validation;
  const split = splitProducts(passes) * rows.splitting;
  // A split, at the end of every stage but the last, is of the units before it.
  return stages.reduce(
    (sum, { hiddenUnits, epochs }, at) => sum + hiddenUnits * (epochs * epoch + (at < stages.length - 1 ? split : 0)),
    0,
  );
}
