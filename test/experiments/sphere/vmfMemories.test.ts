import { describe, expect, it } from 'vitest';
import type { MeasuredMemories, MeasuredModel } from '../../../lib/experiments/sphere/vmfMemories.ts';
import { vmfMemories } from '../../../lib/experiments/sphere/vmfMemories.ts';
import { memoriesFindings } from '../../../lib/experiments/sphere/vmfMemoriesFindings.ts';
import { vmfTemperature } from '../../../lib/experiments/sphere/vmfTemperature.ts';
import { VonMisesFisherMemory } from '../../../lib/sphere/memory.ts';
import { expectFailure } from '../../support/assertions.ts';
import { MemoryParts } from '../parts.ts';
import { describeWholeRuns } from '../wholeRuns.ts';

describeWholeRuns(vmfMemories, ['reproduced', ...Array(7).fill('undetermined'), ...Array(3).fill('reproduced')]);

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
  const states = (converged: number, ownClass: number) => ({ converged, ownClass, different: [1], pixels: [] });
  const measured = {
    few: model({}),
    fixed: [model({ noise: 0.02, different: 100 }), model({ noise: 0.2, idle: 0.2 })],
    trained: [model({}), model({ noise: 0.3 })],
    patterns: { random: states(1, 1), digits: states(1, 1) },
    completions: [],
  };
  const unreproduced = (change: Partial<MeasuredMemories>) =>
    memoriesFindings({ ...measured, ...change }, vmfMemories.settings)
      .filter(({ verdict }) => verdict !== 'reproduced')
      .map(({ what }) => what);

  it('is found where it is so', () => {
    expect(unreproduced({})).toEqual([]);
  });

  it.each<[string, Partial<MeasuredMemories>, string[]]>([
    ['noise among few', { few: model({ noise: 0.04 }) }, ['some']],
    [
      'little noise at the highest beta',
      { fixed: [model({ noise: 0.01, different: 100 }), model({ noise: 0.09, idle: 0.2 })] },
      ['memories that stay noise, some'],
    ],
    [
      'noise that is used',
      { fixed: [model({ different: 100 }), model({ noise: 0.2, idle: 0.09 })] },
      ['memories that stay noise, some'],
    ],
    [
      'as much noise at a low beta, whose memories differ',
      { fixed: [model({ noise: 0.1, different: 600 }), model({ noise: 0.2, idle: 0.2 })] },
      ['memories that stay noise, some beside some', 'different memories, some beside some'],
    ],
    [
      'noise with a suitable sigma',
      { trained: [model({ noise: 0.1 }), model({ noise: 0.3 })] },
      ['memories that stay noise, beta some'],
    ],
    ['none with another', { trained: [model({}), model({ noise: 0.05 })] }, ['memories that stay noise, beta some']],
    [
      'another fidelity',
      { trained: [model({ fidelity: 0.965, right: 0.975, wrong: 0.8, labelled: 0.85 })] },
      [
        'given the class of the most similar memory, test digits, beta some',
        'given the class of the most similar memory, digits that are classified right, beta some',
        'given the class of the most similar memory, digits that are classified wrong, beta some',
        'soft labels, beta some',
      ],
    ],
    [
      'states of other classes',
      { patterns: { random: states(1, 1), digits: states(1, 0.94) } },
      ['patterns of a class as local minima of -log P(x | y), beta some'],
    ],
    [
      'starts that lead nowhere',
      { patterns: { random: states(0.9, 1), digits: states(1, 1) } },
      ['patterns of a class as local minima of -log P(x | y), beta some'],
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

it.each([
  [{ shown: 26 }, 'settings.shown'],
  [{ hiddenUnits: 10 }, 'settings.shown'],
  [{ fewUnits: 26 }, 'settings.fewUnits'],
  [{ fewBeta: 0 }, 'settings.fewBeta'],
  [{ leastSharedNorm: 1 }, 'settings.leastSharedNorm'],
  [{ starts: 0 }, 'settings.starts'],
  [{ betaScales: [] }, 'settings.betaScales'],
])('refuses %o', async (change, mention) => {
  const settings = { ...vmfMemories.quick, ...change };
  await expectFailure(() => vmfMemories.run(settings, { parts: new MemoryParts() }), 'ERR_RANGE', mention);
});
