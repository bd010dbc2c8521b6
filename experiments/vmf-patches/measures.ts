/** Models of the patches with blank ones and without, and the classes of their memories. */

import { type CallOptions, type FloatArray, imagePatches, toSphere, type Vectors } from 'denseam';
import { integer, rangeError } from '../core/check.ts';
import type { ExperimentContext } from '../core/experiment.ts';
import { readLabelledImages } from '../core/labelledImages.ts';
import { Stages } from '../core/stages.ts';
import { type TrainedSphere, trainedSphere } from '../shared/sphere/sphereModels.ts';
import { type ClassOverlaps, classOverlaps, type SoftLabels, softLabels } from './latentClasses.ts';
import type { BlankTreatment, VmfPatchesSettings } from './settings.ts';

/** All patches, and those of them without contrast. */
export interface PatchCount {
  readonly patches: number;
  readonly blank: number;
}

/** One model and the measures of its classes. */
export interface PatchModel {
  readonly blanks: BlankTreatment;
  readonly trained: TrainedSphere;
  readonly labels: SoftLabels;
  readonly overlaps: ClassOverlaps | null;
}

export interface PatchesMeasured {
  readonly count: PatchCount;
  readonly models: readonly PatchModel[];
}

export async function measure(
  settings: VmfPatchesSettings,
  { parts, ...options }: ExperimentContext,
): Promise<PatchesMeasured> {
  const { blanks, permutations, seed } = settings;
  const stages = new Stages(1 + 2 * blanks.length, options);
  let patches: Promise<Vectors> | undefined;
  const readOnce = (options: CallOptions) => {
    patches ??= readPatches(settings, options);
    return patches;
  };
  const counted = await stages.run('patches', 1, ({ signal }) =>
    parts.part('patches', async () => count(await readOnce({ signal }))),
  );
  const models: PatchModel[] = [];
  for (const treatment of blanks) {
    const read = async (options: CallOptions) => {
      const patches = await readOnce({ signal: options.signal });
      return enoughRows(treatment === 'kept' ? patches : withoutBlanks(patches), settings);
    };
    const trained = await stages.run(`training, blank patches ${treatment}`, 2, (options) =>
      train(treatment, settings, () => read(options), parts, options),
    );
    const labels = softLabels(trained.memory.classWeights);
    const overlaps = await classOverlaps(trained.memory, labels.classes, permutations, seed, {
      signal: options.signal,
    });
    models.push({ blanks: treatment, trained, labels, overlaps });
  }
  return { count: counted, models };
}

async function readPatches(
  { data, images, patchSize: size, stride }: VmfPatchesSettings,
  { signal }: CallOptions,
): Promise<Vectors> {
  const { images: pixels } = await readLabelledImages({ data, part: 'train', count: images }, { signal });
  integer('settings.patchSize', size, 2, Math.min(pixels.height, pixels.width));
  return toSphere(await imagePatches(pixels, { size, stride, signal }), { signal });
}

/** Checks the number of patches, which is known only after the images are read. */
function enoughRows(patches: Vectors, { hiddenUnits }: VmfPatchesSettings): Vectors {
  if (hiddenUnits <= patches.count) return patches;
  throw rangeError('settings.hiddenUnits', `at most ${patches.count}, the number of patches,`, hiddenUnits);
}

function trainingOf(settings: VmfPatchesSettings) {
  const { hiddenUnits, betaScale, betaFrom, posteriorSoftening, batchSize, epochs: maxEpochs, seed } = settings;
  const beta = { trainedFrom: betaFrom };
  // Without validation rows, which would end training early, all epochs are run.
  return { hiddenUnits, betaScale, beta, posteriorSoftening, batchSize, maxEpochs, validationShare: 0, seed };
}

function train(
  treatment: BlankTreatment,
  settings: VmfPatchesSettings,
  read: () => Promise<Vectors>,
  parts: ExperimentContext['parts'],
  options: CallOptions,
): Promise<TrainedSphere> {
  const { data, images, patchSize, stride, classes } = settings;
  const rows = { data, part: 'train', images, patchSize, stride, blanks: treatment, classes };
  const readRows = async () => ({ ...(await read()), classes });
  return trainedSphere(parts, rows, readRows, trainingOf(settings), options);
}

export function count(patches: Vectors): PatchCount {
  let blank = 0;
  for (let row = 0; row < patches.count; row++) if (isBlank(patches.values, row, patches.dimension)) blank++;
  return { patches: patches.count, blank };
}

function isBlank(values: FloatArray, row: number, dimension: number): boolean {
  for (let at = row * dimension; at < (row + 1) * dimension; at++) if (values[at] !== 0) return false;
  return true;
}

export function withoutBlanks({ count, dimension, values }: Vectors): Vectors {
  const kept = values.slice();
  let rows = 0;
  for (let row = 0; row < count; row++) {
    if (isBlank(values, row, dimension)) continue;
    kept.copyWithin(rows * dimension, row * dimension, (row + 1) * dimension);
    // Rows move only towards the start, so later rows are not overwritten.
    rows++;
  }
  return { count: rows, dimension, values: kept.subarray(0, rows * dimension) };
}
