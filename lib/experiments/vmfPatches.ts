/** Latent classes of patches of digits, found without labels (Thériault and Tantari 2025, figures 5 and 8 to 11). */
import type { CallOptions, FloatArray, Vectors } from '../core/types.ts';
import { imagePatches, toSphere } from '../sphere/preparation.ts';
import type { Experiment, ExperimentContext } from './experiment.ts';
import { readLabelledImages } from './labelledImages.ts';
import { type ClassOverlaps, classOverlaps, type SoftLabels, softLabels } from './latentClasses.ts';
import { type TrainedSphere, trainedSphere } from './sphereModels.ts';
import { Stages } from './stages.ts';
import { vmfPatchesResult } from './vmfPatchesResult.ts';
import {
  type BlankTreatment,
  checkVmfPatchesSettings,
  defaultVmfPatchesSettings,
  quickVmfPatchesSettings,
  type VmfPatchesSettings,
} from './vmfPatchesSettings.ts';

export const vmfPatches: Experiment<VmfPatchesSettings> = {
  id: 'vmf-patches',
  title: 'Classes found without labels',
  summary:
    'A memory is trained without labels on small patches of digits; its memories and the classes they get are shown.',
  source: 'Thériault and Tantari 2025, section 4.2 and appendix J, figures 5, 8, 9, 10 and 11',
  settings: defaultVmfPatchesSettings,
  quick: quickVmfPatchesSettings,
  async run(settings, context) {
    checkVmfPatchesSettings(settings);
    return vmfPatchesResult(await measure(settings, context), settings);
  },
};

/** One model and what became of its classes. */
export interface PatchModel {
  readonly blanks: BlankTreatment;
  readonly trained: TrainedSphere;
  readonly labels: SoftLabels;
  readonly overlaps: ClassOverlaps | null;
}

export interface PatchesMeasured {
  readonly patches: number;
  readonly blank: number;
  readonly models: readonly PatchModel[];
}

async function measure(
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
  const counts = await stages.run('patches', 1, (options) =>
    parts.part('patches', async () => count(await readOnce(options))),
  );
  const models: PatchModel[] = [];
  for (const treatment of blanks) {
    const trained = await stages.run(`training, blank patches ${treatment}`, 2, (options) =>
      train(treatment, settings, () => readOnce({ signal: options.signal }), parts, options),
    );
    const labels = softLabels(trained.memory.classWeights);
    const overlaps = classOverlaps(trained.memory, labels.classes, permutations, seed);
    models.push({ blanks: treatment, trained, labels, overlaps });
  }
  return { ...counts, models };
}

async function readPatches(
  { data, images, patchSize: size, stride }: VmfPatchesSettings,
  { signal }: CallOptions,
): Promise<Vectors> {
  const { images: pixels } = await readLabelledImages({ data, part: 'train', count: images }, { signal });
  return toSphere(await imagePatches(pixels, { size, stride, signal }), { signal });
}

function train(
  treatment: BlankTreatment,
  settings: VmfPatchesSettings,
  read: () => Promise<Vectors>,
  parts: ExperimentContext['parts'],
  options: CallOptions,
): Promise<TrainedSphere> {
  const { data, images, patchSize, stride, hiddenUnits, classes, betaScale, betaFrom, posteriorSoftening } = settings;
  const { batchSize, epochs: maxEpochs, seed } = settings;
  const rows = { data, part: 'train', images, patchSize, stride, blanks: treatment, classes };
  const beta = { trainedFrom: betaFrom };
  const training = { hiddenUnits, betaScale, beta, posteriorSoftening, batchSize, maxEpochs, seed };
  const readRows = async () => {
    const patches = await read();
    return { ...(treatment === 'kept' ? patches : withoutBlanks(patches)), classes };
  };
  // As many epochs as are asked for: nothing is kept for validation, which would end training early.
  return trainedSphere(parts, rows, readRows, { ...training, validationShare: 0 }, options);
}

function count(patches: Vectors): Pick<PatchesMeasured, 'patches' | 'blank'> {
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
    // Rows move towards the start only, so what is still to come is not touched.
    rows++;
  }
  return { count: rows, dimension, values: kept.subarray(0, rows * dimension) };
}
