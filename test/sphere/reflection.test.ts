/** A beta that falls through zero turns all memories round: beta < 0 is beta > 0 with -w for w. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sampleUniformSphere, VonMisesFisherMemory } from '../../lib/index.ts';
import { mirrored } from '../reference/sphereTraining.ts';
import { expectSameBits, expectWithin } from '../support/assertions.ts';
import { check } from '../support/check.ts';
import { sphereCases } from '../support/sphere.ts';
import { teacherData } from './data.ts';
import { movingState } from './stepAgreement.ts';
import { epoch, fromNative, makeTrainer, PRECISIONS, stateNumbers, stateOf, toNative } from './support.ts';

describe.each(PRECISIONS)('a step through zero in %s', (precision) => {
  it('is the step above zero, turned round to the last bit', async () => {
    await check(sphereCases({ maxPoints: 40, betas: [0.3, 1, 6] }), 20, async (of) => {
      const state = movingState(of.model, of.seed, precision);
      const stepped = async (beta: number) => {
        const velocities = { ...state.velocities, beta };
        const trainer = await makeTrainer(of, toNative({ ...state, velocities }, precision));
        await epoch(trainer);
        return fromNative(await stateOf(trainer));
      };
      // Both see the same gradients; a step moves beta by 0.1 times a velocity of which 0.9 is left.
      const [above, below] = [await stepped(1000), await stepped(-1000)];
      expect(below.beta).toBeGreaterThan(0);
      const expected = { ...mirrored(above), beta: below.beta };
      const velocities = { ...expected.velocities, beta: below.velocities.beta };
      expectSameBits(
        'state',
        stateNumbers(toNative(below, precision)),
        stateNumbers(toNative({ ...expected, velocities }, precision)),
      );
      expectWithin(
        'beta',
        [above.beta - below.beta],
        [2 * of.model.beta + 2 * (above.beta - 90 - of.model.beta)],
        1e-10,
      );
    });
  });
});

it('goes on from a state beyond zero as if it had not stopped', async () => {
  await check(sphereCases({ maxPoints: 40, betas: [0.3, 1, 6] }), 10, async (of) => {
    const state = movingState(of.model, of.seed, 'float32');
    const start = toNative({ ...state, velocities: { ...state.velocities, beta: -1000 } }, 'float32');
    const whole = await makeTrainer(of, start);
    await epoch(whole, 0);
    const after = await makeTrainer(of, await stateOf(whole));
    for (const trainer of [whole, after]) await epoch(trainer, 1);
    expectSameBits('state', stateNumbers(await stateOf(after)), stateNumbers(await stateOf(whole)));
  });
});

describe('mirrored starts', () => {
  const clusters = { count: 400, dimension: 6, memories: 2, classes: 2, beta: 40 };

  async function train(seed: number, sign: 1 | -1, labelled: boolean) {
    const { labels, ...rows } = await teacherData({ ...clusters, seed });
    const { values } = await sampleUniformSphere({ count: 2, dimension: 6, seed: seed + 100 });
    return VonMisesFisherMemory.train(labelled ? { ...rows, labels } : rows, {
      hiddenUnits: 2,
      beta: { trainedFrom: 0.01 },
      betaScale: 0.6,
      batchSize: 100,
      maxEpochs: 400,
      validationShare: 0,
      initialMemories: values.map((coordinate) => sign * coordinate),
    });
  }

  it.each([true, false].flatMap((labelled) => [1, 2, 3, 4].map((seed) => [labelled, seed] as const)))(
    'end in the same loss (labels %s, data %d)',
    async (labelled, seed) => {
      const pair = [await train(seed, 1, labelled), await train(seed, -1, labelled)] as const;
      const [one, other] = pair.map(({ history }) => history.at(-1)?.loss as number) as [number, number];
      // The paths are not the same: one begins 0.01 above zero, the other 0.01 below. What descent has left is 1e-6.
      expectWithin('loss', [other], [one], 1e-5);
      // Both have found the clusters: a beta that stays at zero leaves the loss of the uniform density.
      expect(Math.min(...pair.map(({ beta }) => beta))).toBeGreaterThan(4);
      expect(one).toBeLessThan((pair[0].history[0]?.loss as number) - 0.5);
    },
  );
});

/**
 * With early stopping as it is by default. A training of these clusters that stops while beta is near zero has a beta
 * below 0.4 and the loss of the uniform density, 0.8 above that of the best with labels. Those that have found the
 * clusters differ by less than half of that: memories may share one, and a patience of 1 stops before they part.
 * Without labels there are minima of one class, too.
 */
describe('early stopping waits while beta is near zero', { timeout: 60_000 }, () => {
  const clusters = { count: 600, dimension: 6, memories: 4, classes: 4, beta: 40 };
  const least = ({ history }: VonMisesFisherMemory) => Math.min(...history.map(({ validationLoss }) => validationLoss));
  /** Epochs at the end that lowered nothing. */
  const fruitless = ({ history }: VonMisesFisherMemory) => {
    const losses = history.map(({ validationLoss }) => validationLoss);
    return losses.length - 1 - losses.indexOf(Math.min(...losses));
  };

  function expectFound(runs: readonly VonMisesFisherMemory[], labelled: boolean): void {
    expect(Math.min(...runs.map(({ beta }) => beta))).toBeGreaterThan(labelled ? 3 : 1);
    if (labelled) expect(Math.max(...runs.map(least)) - Math.min(...runs.map(least))).toBeLessThan(0.4);
  }

  it.each([1, 2, 3])('from twenty seeds (data %d)', async (seed) => {
    const data = await teacherData({ ...clusters, seed });
    const runs: VonMisesFisherMemory[] = [];
    for (let start = 0; start < 20; start++) {
      runs.push(await VonMisesFisherMemory.train(data, { hiddenUnits: 8, betaScale: 0.6, seed: start }));
    }
    expectFound(runs, true);
  });

  it.each(
    [true, false].flatMap((labelled) =>
      [1, 0.01].flatMap((from) => [1, 2, 3].map((data) => [labelled, from, data] as const)),
    ),
  )('from mirrored starts (labels %s, beta from %d, data %d)', async (labelled, trainedFrom, seed) => {
    const { labels, ...rows } = await teacherData({ ...clusters, seed });
    const runs: VonMisesFisherMemory[] = [];
    for (let start = 100; start < 105; start++) {
      const { values } = await sampleUniformSphere({ count: 8, dimension: 6, seed: start });
      for (const sign of [1, -1]) {
        const initialMemories = values.map((coordinate) => sign * coordinate);
        // Six steps an epoch: momentum lasts for many.
        const options = { hiddenUnits: 8, beta: { trainedFrom }, betaScale: 0.6, batchSize: 100, initialMemories };
        runs.push(await VonMisesFisherMemory.train(labelled ? { ...rows, labels } : rows, options));
      }
    }
    expectFound(runs, labelled);
  });

  it('and ends where there is nothing to find: when friction has ended the swing', async () => {
    const { values } = await sampleUniformSphere({ count: 600, dimension: 6, seed: 1 });
    const labels = Array.from({ length: 600 }, (_, i) => 1 + (i % 3));
    const data = { count: 600, dimension: 6, values, labels, classes: 3 };
    const options = { hiddenUnits: 8, betaScale: 0.6, seed: 1 };
    // ln 0.1 / ln sqrt 0.99 = 458.2 steps, of which there are 20 in an epoch.
    expect(fruitless(await VonMisesFisherMemory.train(data, options))).toBe(23);
    expect(fruitless(await VonMisesFisherMemory.train(data, { ...options, patience: 24 }))).toBe(24);
    // Without momentum there is no swing, and a beta that is fixed does not swing, however small it is.
    expect(fruitless(await VonMisesFisherMemory.train(data, { ...options, momentum: 0, learningRate: 3 }))).toBe(1);
    expect(fruitless(await VonMisesFisherMemory.train(data, { hiddenUnits: 8, beta: 2, seed: 1 }))).toBe(1);
  });

  it('a run that was interrupted while beta swings goes on as if it had not been', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'denseam-swing-'));
    try {
      const { values } = await sampleUniformSphere({ count: 600, dimension: 6, seed: 1 });
      const data = { count: 600, dimension: 6, values, classes: 3 };
      const options = { hiddenUnits: 8, betaScale: 0.25, seed: 1 };
      const whole = await VonMisesFisherMemory.train(data, options);
      const lowest = whole.history.findIndex(({ validationLoss }) => validationLoss === least(whole));
      const checkpoint = join(folder, 'run.safetensors');
      const controller = new AbortController();
      const training = VonMisesFisherMemory.train(data, {
        ...options,
        checkpoint,
        signal: controller.signal,
        onEpoch: ({ epoch }) => epoch === lowest + 10 && controller.abort(new Error('enough')),
      });
      await expect(training).rejects.toThrow('enough');
      const resumed = await VonMisesFisherMemory.resume(checkpoint, data);
      expect(resumed.history.map(({ beta }) => beta)).toEqual(whole.history.map(({ beta }) => beta));
      expect(whole.history.length).toBeGreaterThan(lowest + 20);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
