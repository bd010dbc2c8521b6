import { type DigitSettings, defaultDigitSettings, quickDigitSettings } from '../shared/sphere/digitModels.ts';

export interface VmfMemoriesSettings extends DigitSettings {
  /** Of the small model, all of whose memories are shown. */
  readonly fewUnits: number;
  readonly fewBeta: number;
  /** How many memories of a large model are shown: at most 25, drawn with the seed. */
  readonly shown: number;
  /** A memory whose squared overlap with the training digit most like it is below this is noise. */
  readonly leastSharedNorm: number;
  /** Of reconstruction, for every class: so many random directions, and as many test digits. */
  readonly starts: number;
}

/** Those of table 1 and its models, so that they are trained once; `shown` and the small model are the paper's. */
export const defaultVmfMemoriesSettings: VmfMemoriesSettings = {
  ...defaultDigitSettings,
  fewUnits: 25,
  fewBeta: 16,
  shown: 25,
  // Below one half, most of the memory's squared norm is not what it has in common with any digit.
  leastSharedNorm: 0.5,
  starts: 20,
};

export const quickVmfMemoriesSettings: VmfMemoriesSettings = {
  ...defaultVmfMemoriesSettings,
  ...quickDigitSettings,
  starts: 4,
};
