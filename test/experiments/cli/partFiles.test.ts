import { describe, expect, it } from 'vitest';
import { filePartStore } from '../../../experiments/cli/partFiles.ts';
import { expectFault, temporaryDirectory } from '../../io/support.ts';

const inFolder = temporaryDirectory();
const open = (out = '', settings = { seed: 1 }, id = 'one', version = '1.0.0') =>
  filePartStore(inFolder(out), id, settings, version);

describe('finished parts in files', () => {
  it('are computed once and come back the same, also from another process', async () => {
    let computed = 0;
    const compute = async () => {
      computed++;
      return { zero: -0, third: 1 / 3, none: null, list: [1, 'two', true], missing: undefined };
    };
    const expected = { zero: 0, third: 1 / 3, none: null, list: [1, 'two', true] };
    expect(await open('parts').part('one', compute)).toStrictEqual(expected);
    expect(await open('parts').part('one', compute)).toStrictEqual(expected);
    expect(computed).toBe(1);
  });

  it('are not kept when they fail', async () => {
    const store = open();
    await expect(store.part('one', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await store.part('one', async () => 5)).toBe(5);
  });

  it('must be what JSON can hold', async () => {
    const store = open();
    for (const value of [
      { x: Number.NaN },
      [Number.POSITIVE_INFINITY],
      { x: Float64Array.of(1) },
      undefined,
      new Map(),
    ]) {
      await expectFault(
        store.part('one', async () => value),
        'ERR_RANGE',
        /^Expected plain JSON values in part "one" but/,
      );
    }
    await expectFault(
      store.part('../one', async () => 1),
      'ERR_RANGE',
      /letters, digits and dashes .* "\.\.\/one"/,
    );
  });

  it('belong to their experiment, settings and release', async () => {
    const stores = [
      open('own'),
      open('own', { seed: 2 }),
      open('own', { seed: 1 }, 'two'),
      open('own', { seed: 1 }, 'one', '2'),
    ];
    const computed: number[] = [];
    for (const [at, store] of stores.entries()) computed.push(await store.part('same', async () => at));
    expect(computed).toEqual([0, 1, 2, 3]);
    expect(await open('own').part('same', async () => 4)).toBe(0);
  });

  it('that are shared belong to their own choices and the release, whichever experiment has made them', async () => {
    const choices = { units: 5 };
    expect(await open('shared').sharedPart('model', choices, async () => 1)).toBe(1);
    expect(await open('shared', { seed: 2 }, 'two').sharedPart('model', choices, async () => 2)).toBe(1);
    expect(await open('shared').sharedPart('model', { units: 6 }, async () => 3)).toBe(3);
    expect(await open('shared').sharedPart('other', choices, async () => 4)).toBe(4);
    expect(await open('shared', { seed: 1 }, 'one', '2').sharedPart('model', choices, async () => 5)).toBe(5);
    const bad = open('shared').sharedPart('model', { units: Number.NaN }, async () => 6);
    await expect(bad).rejects.toThrow('Expected plain JSON values in settings but "units" is NaN');
  });
});
