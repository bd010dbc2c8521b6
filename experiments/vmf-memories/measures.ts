/** Models of the experiment on memories, and their measures. */

import { sum } from 'd3-array';
import { type CallOptions, EuclideanMemory, Random, sampleUniformSphere, type VonMisesFisherMemory } from 'denseam';
import { rangeError } from '../core/check.ts';
import type { ExperimentContext } from '../core/experiment.ts';
import { Stages } from '../core/stages.ts';
import {
  type BetaChoice,
  betaChoices,
  betaName,
  betaPart,
  checkUnits,
  classNames,
  type DigitImages,
  type DigitSettings,
  type Digits,
  digitImages,
  digitModel,
  digitsOf,
} from '../shared/sphere/digitModels.ts';
import {
  type Fidelity,
  type MemoryMeasures,
  measureFidelity,
  measureMemories,
} from '../shared/sphere/memoryMeasures.ts';
import type { TrainedSphere } from '../shared/sphere/sphereModels.ts';
import {
  type ClassReconstruction,
  type Completion,
  completeHalves,
  firstOfClasses,
  reconstructClasses,
} from './reconstruction.ts';
import type { VmfMemoriesSettings } from './settings.ts';

/** A model with its measures. */
export interface MeasuredModel extends MemoryMeasures, Fidelity {
  readonly name: string;
  readonly part: string;
  readonly choice: BetaChoice;
  readonly model: TrainedSphere;
  /** Indices of the shown memories. */
  readonly shown: readonly number[];
}

export interface MeasuredMemories {
  /** All of whose memories are shown. */
  readonly few: MeasuredModel;
  readonly fixed: readonly MeasuredModel[];
  readonly trained: readonly MeasuredModel[];
  /** Patterns of the model with the least sigma, from random directions and from test digits. */
  readonly patterns: { readonly random: ClassReconstruction; readonly digits: ClassReconstruction };
  readonly completions: readonly Completion[];
  readonly images: Pick<DigitImages, 'height' | 'width'>;
  readonly classNames: readonly string[];
}

/** Checks the settings that depend on the images. */
function checkImages({ starts, fewUnits }: VmfMemoriesSettings, images: DigitImages): void {
  checkUnits('settings.fewUnits', fewUnits, images);
  for (const [y, own] of images.testClasses.entries()) {
    if (starts > own) throw rangeError('settings.starts', `at most ${own}, the test images of class ${y + 1},`, starts);
  }
}

/** A model to be. */
interface ModelPlan {
  readonly name: string;
  readonly part: string;
  readonly choice: BetaChoice;
  readonly settings: DigitSettings;
  readonly shown: readonly number[];
}

function plan(settings: VmfMemoriesSettings): [ModelPlan, ...ModelPlan[]] {
  const { hiddenUnits, fewUnits, fewBeta, shown, seed } = settings;
  // Every large model shows the same ones.
  const drawn = Array.from(new Random(seed).sample(shown, hiddenUnits));
  const few = {
    name: `${fewUnits} memories, beta ${fewBeta}`,
    part: 'few',
    choice: { beta: fewBeta },
    settings: fewSettings(settings),
    shown: Array.from({ length: fewUnits }, (_, index) => index),
  };
  const large = betaChoices(settings).map((choice) => ({
    name: betaName(choice),
    part: betaPart(choice),
    choice,
    settings,
    shown: drawn,
  }));
  return [few, ...large];
}

/** Few units cost little: they are trained as long as the paper does. */
function fewSettings(settings: VmfMemoriesSettings): DigitSettings {
  const { fewUnits, batchSize, maxEpochs, patience } = settings;
  const length = { fixedBatchSize: batchSize, fixedMaxEpochs: maxEpochs, fixedPatience: patience };
  return { ...settings, ...length, hiddenUnits: fewUnits };
}

/** Expected time of measuring a model beside training it, for the progress only. */
const measuringCost = 0.1;

export async function measure(settings: VmfMemoriesSettings, context: ExperimentContext): Promise<MeasuredMemories> {
  const { parts, signal } = context;
  const plans = plan(settings);
  const digits = digitsOf(settings, signal);
  const trainingCost = (units: number) => units / settings.hiddenUnits;
  const total = sum(plans, ({ settings }) => trainingCost(settings.hiddenUnits) + measuringCost);
  const stages = new Stages(total + 3 * measuringCost, context);
  const images = await stages.run('reading images', measuringCost, () => digitImages(digits, settings, parts));
  checkImages(settings, images);
  const measureModel = modelMeasurer(digits, settings, signal);
  const models: MeasuredModel[] = [];
  for (const { settings: own, ...plan } of plans) {
    const { name, part, choice } = plan;
    const model = await stages.run(`${name}: training`, trainingCost(own.hiddenUnits), (options) =>
      digitModel(choice, own, digits, parts, options),
    );
    const measures = await stages.run(`${name}: measuring`, measuringCost, (options) =>
      parts.part(`measures-${part}`, () => measureModel(model.memory, options)),
    );
    models.push({ ...plan, model, ...measures });
  }
  const [few, ...large] = models as [MeasuredModel, ...MeasuredModel[]];
  const trained = large.filter(({ choice }) => 'betaScale' in choice);
  const { memory } = (trained[0] as MeasuredModel).model;
  const patterns = await stages.run('reconstructing classes', measuringCost, (options) =>
    parts.part('patterns', () => reconstructPatterns(memory, digits, settings, options)),
  );
  const completions = await stages.run('completing digits', measuringCost, (options) =>
    parts.part('completed-halves', async () => completeHalves(memory, await digits.test(), options)),
  );
  const fixed = large.filter(({ choice }) => 'beta' in choice);
  return { few, fixed, trained, patterns, completions, images, classNames: classNames(settings) };
}

/** Measures models beside training digits that are stored once. */
function modelMeasurer(digits: Digits, { leastSharedNorm }: VmfMemoriesSettings, signal: AbortSignal | undefined) {
  let stored: Promise<EuclideanMemory> | undefined;
  return async (memory: VonMisesFisherMemory, options: CallOptions): Promise<MemoryMeasures & Fidelity> => {
    const [train, test] = [await digits.train(), await digits.test()];
    stored ??= EuclideanMemory.create(train, { signal });
    const fidelity = await measureFidelity(memory, test, { signal });
    return { ...fidelity, ...(await measureMemories(memory, train, await stored, leastSharedNorm, options)) };
  };
}

async function reconstructPatterns(
  memory: VonMisesFisherMemory,
  { test }: Digits,
  { starts, seed }: VmfMemoriesSettings,
  options: CallOptions,
): Promise<MeasuredMemories['patterns']> {
  const { dimension, classes } = memory;
  const { signal } = options;
  const directions = await sampleUniformSphere({ count: classes * starts, dimension, seed, signal });
  return {
    random: await reconstructClasses(memory, directions, { signal }),
    digits: await reconstructClasses(memory, firstOfClasses(await test(), starts), options),
  };
}
