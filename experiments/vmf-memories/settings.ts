import { integer, positive, rangeError } from '../core/check.ts';
import {
  checkDigitSettings,
  type DigitSettings,
  defaultDigitSettings,
  quickDigitSettings,
} from '../shared/sphere/digitModels.ts';
import { letterRows } from '../shared/sphere/memoryPictures.ts';

/** Greatest number of starts for each of ten classes: 63 MB in all for MNIST. */
const greatestStarts = 1000;

export function check(settings: VmfMemoriesSettings): void {
  checkDigitSettings(settings);
  const { hiddenUnits, fewUnits, fewBeta, shown, leastSharedNorm, starts } = settings;
  integer('settings.fewUnits', fewUnits, 1, letterRows ** 2);
  positive('settings.fewBeta', fewBeta);
  integer('settings.shown', shown, 1, Math.min(hiddenUnits, letterRows ** 2));
  if (!(leastSharedNorm > 0 && leastSharedNorm < 1)) {
    throw rangeError('settings.leastSharedNorm', 'a number between 0 and 1', leastSharedNorm);
  }
  integer('settings.starts', starts, 1, greatestStarts);
}

export interface VmfMemoriesSettings extends DigitSettings {
  /** Units of the small model, all of whose memories are shown. */
  readonly fewUnits: number;
  readonly fewBeta: number;
  /** Number of shown memories of a large model: at most 25, drawn with the seed. */
  readonly shown: number;
  /** A memory whose squared overlap with the training digit most like it is below this is noise. */
  readonly leastSharedNorm: number;
  /** Starts of reconstruction for every class: so many random directions, and as many test digits. */
  readonly starts: number;
}

/** Settings of table 1, so that both share its trained models; `shown` and the small model are the paper's. */
export const defaultVmfMemoriesSettings: VmfMemoriesSettings = {
  ...defaultDigitSettings,
  fewUnits: 25,
  fewBeta: 16,
  shown: 25,
  // Below one half, most of the memory's squared norm is shared with no digit.
  leastSharedNorm: 0.5,
  starts: 20,
};

export const quickVmfMemoriesSettings: VmfMemoriesSettings = {
  ...defaultVmfMemoriesSettings,
  ...quickDigitSettings,
  starts: 4,
};
