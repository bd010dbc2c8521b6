/** Options that are no options, callbacks that throw, and numbers whose squares overflow. */
import { describe, expect, it } from 'vitest';
import { GaussianMemory, type Progress } from '../../lib/index.ts';
import { expectFailure, expectSameBits } from '../support/assertions.ts';
import { gaussians, ordinary } from '../support/batches.ts';

const items = ordinary('full', 3, 3);

describe('options', () => {
  it.each([null, 5, 'fast'])('%j is refused by every method', async (wrong) => {
    const options = wrong as never;
    const memory = await GaussianMemory.create(items);
    const calls = [
      () => GaussianMemory.create(items, options),
      () => memory.add(items, options),
      () => memory.get([0], options),
      () => memory.remove([0], options),
      () => memory.distances(items, options),
      () => memory.weights(items, options),
      () => memory.energy(items, options),
      () => memory.step(items, options),
      () => memory.retrieve(items, options),
      () => memory.nearest(items, options),
      () => memory.transportMaps(ordinary('full', 1, 3), [0], options),
    ];
    for (const call of calls) await expectFailure(call, 'ERR_SHAPE', /options/);
    expect(memory.size).toBe(3);
  });

  it('a signal that is no AbortSignal is refused', async () => {
    const memory = await GaussianMemory.create(items);
    await expectFailure(() => memory.distances(items, { signal: {} as AbortSignal }), 'ERR_SHAPE', /signal/);
    await expectFailure(() => GaussianMemory.create(items, { signal: 5 as never }), 'ERR_SHAPE', /signal/);
  });
});

describe('options that contradict each other or would be ignored', () => {
  it('are refused by name', async () => {
    const memory = await GaussianMemory.create(items);
    const refused = (call: () => unknown, ...mentions: RegExp[]) => expectFailure(call, 'ERR_RANGE', ...mentions);
    const any = (options: object) => options as never;
    await refused(() => memory.nearest(items, any({ pruning: { mass: 0.5 } })), /options\.pruning/, /true or false/);
    const typo = { beta: 1, pruning: { mass: 0.5, typo: 1 } };
    await refused(() => memory.retrieve(items, any(typo)), /options\.pruning/, /typo/);
    await refused(() => memory.retrieve(items, any({ beta: 1, betas: [1] })), /"betas"/);
    await refused(() => memory.sweep(items, any({ betas: [1], beta: 1 })), /"beta"$/);
    await refused(() => memory.retrieve(items, any({ beta: 1, trajectory: 1 })), /options\.trajectory/);
    await refused(() => GaussianMemory.create(items, any({ index: 'yes' })), /options\.index/);
  });
});

describe('a progress callback that throws', () => {
  it('rejects the call with what it threw, and the memory goes on', { timeout: 60_000 }, async () => {
    const memory = await GaussianMemory.create(ordinary('full', 40, 48));
    const queries = ordinary('full', 30, 48);
    const thrown = new Error('from the callback');
    const onProgress = (_: Progress): never => {
      throw thrown;
    };
    const call = memory.distances(queries, { onProgress });
    await expect(call.catch((error: unknown) => error)).resolves.toBe(thrown);
    expect((await memory.distances(ordinary('full', 1, 48))).data[0]).toBeLessThan(1e-20);
  });
});

describe('squares that overflow', () => {
  it.each(['full', 'diagonal', 'isotropic'] as const)('are a coded error, never NaN: %s', async (structure) => {
    const unit = gaussians(structure, [[0]], [[1]]);
    const huge = gaussians(structure, [[1e200], [-1e200]], [[1], [1]]);
    const outcome = GaussianMemory.create(huge).then((memory) => memory.retrieve(unit, { beta: 1 }));
    await expectFailure(() => outcome, 'ERR_RANGE', /means/);
    const memory = await GaussianMemory.create(unit);
    const far = gaussians(structure, [[1e200]], [[1]]);
    await expectFailure(() => memory.distances(far), 'ERR_RANGE', /means/);
    await expectFailure(() => memory.weights(far, { beta: 1 }), 'ERR_RANGE', /means/);
    await expectFailure(() => memory.step(far, { beta: 1 }), 'ERR_RANGE', /means/);
    expectSameBits('distances', (await memory.distances(unit)).data, [0]);
  });

  it('values beyond single precision are refused by a float32 memory', async () => {
    const single = {
      ...gaussians('diagonal', [[1]], [[1]]),
      means: Float32Array.of(1),
      covariances: Float32Array.of(1),
    };
    const memory = await GaussianMemory.create(single);
    await expectFailure(() => memory.add(gaussians('diagonal', [[1e100]], [[1]])), 'ERR_RANGE', /float32/);
    await expectFailure(() => memory.add(gaussians('diagonal', [[1]], [[1e100]])), 'ERR_RANGE', /float32/);
    expect(memory.size).toBe(1);
  });
});
