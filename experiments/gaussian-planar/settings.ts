/** The choices of the planar experiment. */

import { integer, nonNegative, positive, rangeError } from '../core/check.ts';
import type { ExperimentSettings } from '../core/experiment.ts';

/** The choices of the planar experiment. */
export interface PlanarSettings extends ExperimentSettings {
  /** Beta of the drawing. */
  readonly beta: number;
  /** Tried by each memory, so that none is judged by a beta that suits the other. */
  readonly betas: readonly number[];
  /** A state this near to its own item, in W2, has recovered it. */
  readonly threshold: number;
  /** Random sets of items beside the example. */
  readonly planes: number;
  /** W2 from their items to the queries. */
  readonly radius: number;
}

export const defaultPlanarSettings: PlanarSettings = {
  beta: 1,
  betas: [0.03, 0.1, 0.3, 1, 3, 10, 30],
  threshold: 0.1,
  planes: 400,
  radius: 1,
  seed: 1,
};

/** Settings of a run of seconds. */
export const quickPlanarSettings: PlanarSettings = { ...defaultPlanarSettings, planes: 20 };

export function check({ beta, betas, threshold, planes, radius }: PlanarSettings): void {
  positive('settings.beta', beta);
  if (betas.length === 0) throw rangeError('settings.betas', 'an array of numbers', betas);
  positive('settings.threshold', threshold);
  integer('settings.planes', planes, 1, Number.MAX_SAFE_INTEGER);
  nonNegative('settings.radius', radius);
}
