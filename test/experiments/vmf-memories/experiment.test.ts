import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkResult } from '../../../experiments/report/checkResult.ts';
import { vmfMemories } from '../../../experiments/vmf-memories/experiment.ts';
import { memoriesFindings } from '../../../experiments/vmf-memories/findings.ts';
import type { MeasuredMemories, MeasuredModel } from '../../../experiments/vmf-memories/measures.ts';
import type { VmfMemoriesSettings } from '../../../experiments/vmf-memories/settings.ts';
import { vmfTemperature } from '../../../experiments/vmf-temperature/experiment.ts';
import { VonMisesFisherMemory } from '../../../lib/sphere/memory.ts';
import { expectFailure } from '../../support/assertions.ts';
import { MemoryParts } from '../parts.ts';
import { describeWholeRuns } from '../wholeRuns.ts';

describeWholeRuns(vmfMemories, [
  'reproduced',
  ...Array(7).fill('undetermined'),
  ...Array(2).fill('reproduced'),
  'not published',
]);

describe('what the paper says of memories', async () => {
  const memory = await VonMisesFisherMemory.from({
    dimension: 2,
    hiddenUnits: 1,
    classes: 1,
    beta: 1,
    betaScale: 1,
    memories: Float64Array.of(1, 0),
    classWeights: { rows: 2, columns: 2, data: Float64Array.of(0, 0, 0, 1) },
  });
  const model = (change: Partial<MeasuredModel>): MeasuredModel => ({
    name: 'some',
    part: 'some',
    choice: { beta: 1 },
    model: { memory, history: [], seconds: 1 },
    shown: [0],
    overlaps: [1],
    noise: 0,
    idle: 0,
    idleNoise: null,
    different: 500,
    labelled: 0.95,
    certainty: 0.9,
    accuracy: 0.9,
    fidelity: 0.98,
    right: 0.99,
    wrong: 0.7,
    wrongCount: 400,
    ...change,
  });
  const low = (change: Partial<MeasuredModel>) => model({ choice: { beta: 6 }, ...change });
  const high = (change: Partial<MeasuredModel>) => model({ choice: { beta: 18 }, idleNoise: 0.95, ...change });
  const suitable = (change: Partial<MeasuredModel>) => model({ choice: { betaScale: 0.25 }, ...change });
  const plain = (change: Partial<MeasuredModel>) => model({ choice: { betaScale: 1 }, ...change });
  const states = { converged: 1, ownClass: 0.9, different: [1], pixels: [] };
  const measured = {
    few: model({}),
    fixed: [low({ noise: 0.02, different: 100 }), high({ noise: 0.2 })],
    trained: [suitable({}), plain({ noise: 0.3 })],
    patterns: { random: states, digits: states },
    completions: [],
    images: { height: 1, width: 2 },
    classNames: ['0'],
  };
  const verdicts = (change: Partial<MeasuredMemories>, settings: Partial<VmfMemoriesSettings> = {}) =>
    memoriesFindings({ ...measured, ...change }, { ...vmfMemories.settings, ...settings }).map(
      ({ verdict }) => verdict,
    );
  const unreproduced = (change: Partial<MeasuredMemories>) =>
    memoriesFindings({ ...measured, ...change }, vmfMemories.settings)
      .filter(({ verdict }) => verdict === 'not reproduced')
      .map(({ what }) => what);

  it('is found where it is so', () => {
    expect(verdicts({})).toEqual([...Array(10).fill('reproduced'), 'not published']);
  });

  it('is not judged by models that it does not speak of', () => {
    const undetermined = (found: readonly string[]) =>
      found.flatMap((verdict, at) => (verdict === 'undetermined' ? [at] : []));
    const ofHigh = verdicts({ fixed: [low({ noise: 0.02 }), model({ choice: { beta: 12 }, noise: 0.2 })] });
    expect(undetermined(ofHigh)).toEqual([1, 2, 3, 8]);
    const ofLow = verdicts({ fixed: [model({ choice: { beta: 10 } }), high({ noise: 0.2 })] });
    expect(undetermined(ofLow)).toEqual([2, 8]);
    const ofSuitable = verdicts({ trained: [model({ choice: { betaScale: 0.5 } }), plain({ noise: 0.3 })] });
    expect(undetermined(ofSuitable)).toEqual([3, 4, 5, 6, 7, 9]);
    expect(undetermined(verdicts({}, { fewUnits: 24 }))).toEqual([0]);
    expect(undetermined(verdicts({}, { fewBeta: 15 }))).toEqual([0]);
    expect(undetermined(verdicts({}, { hiddenUnits: 999 }))).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(undetermined(verdicts({}, { data: 'fashion-mnist' }))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it.each<[string, Partial<MeasuredMemories>, string[]]>([
    ['noise among few', { few: model({ noise: 0.04 }) }, ['some']],
    [
      'little noise at the highest beta',
      { fixed: [low({ noise: 0.01, different: 100 }), high({ noise: 0.09, idleNoise: 0.95 })] },
      ['memories that stay noise, some'],
    ],
    [
      'noise that is used',
      { fixed: [low({ different: 100 }), high({ noise: 0.2, idleNoise: 0.85 })] },
      ['memories that stay noise, some'],
    ],
    [
      'as much noise at a low beta, whose memories differ',
      { fixed: [low({ noise: 0.1, different: 600 }), high({ noise: 0.2, idleNoise: 0.95 })] },
      ['memories that stay noise, some beside some', 'different memories, some beside some'],
    ],
    [
      'noise with a suitable sigma',
      { trained: [suitable({ noise: 0.1 }), plain({ noise: 0.3 })] },
      ['memories that stay noise, beta some'],
    ],
    ['none with another', { trained: [suitable({}), plain({ noise: 0.05 })] }, ['memories that stay noise, beta some']],
    [
      'another fidelity',
      { trained: [suitable({ fidelity: 0.965, right: 0.975, wrong: 0.8, labelled: 0.85 })] },
      [
        'given the class of the most similar memory, test digits, beta some',
        'given the class of the most similar memory, digits that are classified right, beta some',
        'given the class of the most similar memory, digits that are classified wrong, beta some',
        'soft labels, beta some',
      ],
    ],
  ])('is not found: %s', (_, change, expected) => {
    expect(unreproduced(change)).toEqual(expected);
  });
});

it('takes the models that vmf-temperature has trained, and trains the small one', async () => {
  const short = { maxEpochs: 1, fixedMaxEpochs: 1 };
  const parts = new MemoryParts();
  const models = () => parts.computed.filter((name) => name.startsWith('sphere-model')).length;
  await vmfTemperature.run({ ...vmfTemperature.quick, ...short }, { parts });
  expect(models()).toBe(4);
  await vmfMemories.run({ ...vmfMemories.quick, ...short }, { parts });
  expect(models()).toBe(5);
}, 120_000);

/** Images of 6 x 4 pixels in ten classes, each with a bright pixel of its own. */
async function writeImages(folder: string, part: 'train' | 't10k', count: number): Promise<void> {
  const [height, width] = [6, 4];
  const bytes = Uint8Array.from({ length: count * height * width }, (_, at) => {
    const [image, pixel] = [Math.floor(at / (height * width)), at % (height * width)];
    return pixel === 2 * (image % 10) ? 255 : (31 * image + 17 * pixel) % 97;
  });
  const header = (...shape: number[]) => {
    const view = new DataView(new ArrayBuffer(4 * (shape.length + 1)));
    for (const [at, value] of [0x0800 + shape.length, ...shape].entries()) view.setInt32(4 * at, value);
    return new Uint8Array(view.buffer);
  };
  const labels = Uint8Array.from({ length: count }, (_, image) => image % 10);
  await writeFile(join(folder, `${part}-images-idx3-ubyte`), Buffer.concat([header(count, height, width), bytes]));
  await writeFile(join(folder, `${part}-labels-idx1-ubyte`), Buffer.concat([header(count), labels]));
}

it('takes images of any size, and numbers their classes', async () => {
  const data = await mkdtemp(join(tmpdir(), 'denseam-'));
  try {
    await writeImages(data, 'train', 200);
    await writeImages(data, 't10k', 100);
    const small = { data, trainCount: 0, testCount: 0, hiddenUnits: 30, maxEpochs: 2, fixedMaxEpochs: 2 };
    const result = await vmfMemories.run({ ...vmfMemories.quick, ...small }, { parts: new MemoryParts() });
    checkResult(result);
    for (const { height, width } of result.pictures) expect([height, width]).toEqual([6, 4]);
    const completions = result.pictures.find(({ name }) => name === 'completions');
    expect(completions?.images[3]?.caption).toBe('class 2');
    expect(result.findings.map(({ verdict }) => verdict)).not.toContain('reproduced');
  } finally {
    await rm(data, { recursive: true });
  }
});

it.each([
  [{ trainCount: -5 }, 'settings.trainCount'],
  [{ shown: 26 }, 'settings.shown'],
  [{ hiddenUnits: 10 }, 'settings.shown'],
  [{ fewUnits: 26 }, 'settings.fewUnits'],
  [{ trainCount: 20, hiddenUnits: 18, shown: 18 }, 'at most 18, the number of training images, for settings.fewUnits'],
  [{ fewBeta: 0 }, 'settings.fewBeta'],
  [{ leastSharedNorm: 1 }, 'settings.leastSharedNorm'],
  [{ starts: 0 }, 'settings.starts'],
  [{ starts: 1001 }, 'settings.starts'],
  [{ starts: 200 }, 'the test images of class 1, for settings.starts'],
  [{ betaScales: [] }, 'settings.betaScales'],
])('refuses %o before anything is trained', async (change, mention) => {
  const settings = { ...vmfMemories.quick, ...change };
  const parts = new MemoryParts();
  await expectFailure(() => vmfMemories.run(settings, { parts }), 'ERR_RANGE', mention);
  expect(parts.names.filter((name) => name !== 'images')).toEqual([]);
});
