/** A beta that falls through zero turns all memories round: beta < 0 is beta > 0 with -w for w. */
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
