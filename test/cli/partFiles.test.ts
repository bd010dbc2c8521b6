import { describe, expect, it } from 'vitest';
import { filePartStore, partFolder } from '../../lib/cli/partFiles.ts';
import { expectFault, temporaryDirectory } from '../io/support.ts';

const inFolder = temporaryDirectory();

describe('finished parts in files', () => {
  it('are computed once and come back the same, also from another process', async () => {
    let computed = 0;
    const compute = async () => {
      computed++;
      return { zero: -0, third: 1 / 3, none: null, list: [1, 'two', true], missing: undefined };
    };
    const expected = { zero: 0, third: 1 / 3, none: null, list: [1, 'two', true] };
    expect(await filePartStore(inFolder('parts')).part('one', compute)).toStrictEqual(expected);
    expect(await filePartStore(inFolder('parts')).part('one', compute)).toStrictEqual(expected);
    expect(computed).toBe(1);
  });

  it('are not kept when they fail', async () => {
    const store = filePartStore(inFolder());
    await expect(store.part('one', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await store.part('one', async () => 5)).toBe(5);
  });

  it('must be what JSON can hold', async () => {
    const store = filePartStore(inFolder());
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

  it('belong to their settings and release', () => {
    const of = (seed: number, version = '1.0.0') => partFolder('out', { seed }, version);
    expect(of(1)).toBe(of(1));
    expect(new Set([of(1), of(2), of(1, '2.0.0')]).size).toBe(3);
  });
});
