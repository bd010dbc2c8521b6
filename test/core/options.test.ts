/** The specification of a verb's options: what it refuses, and that it reads each option once. */
import { describe, expect, it } from 'vitest';
import { describe as words } from '../../lib/core/describe.ts';
import { aBoolean, callOptions, oneOf, optional, readOptions, required, specify } from '../../lib/core/options.ts';
import { positive } from '../../lib/core/validate.ts';
import { EuclideanMemory, GaussianMemory, PointCloudMemory } from '../../lib/index.ts';
import { expectFailure } from '../support/assertions.ts';
import { ordinary } from '../support/batches.ts';

interface Options {
  readonly beta: number;
  readonly mode?: 'fast' | 'slow' | undefined;
  readonly exact?: boolean | undefined;
}

const table = specify<Options>()({
  beta: required(positive),
  mode: optional(oneOf('fast', 'slow')),
  exact: optional(aBoolean, true),
});

describe('a specification', () => {
  it('gives what is given, and the defaults of what is not', () => {
    expect(readOptions(table, { beta: 2 })).toEqual({ beta: 2, mode: undefined, exact: true });
    expect(readOptions(table, { beta: 2, mode: 'slow', exact: false })).toEqual({
      beta: 2,
      mode: 'slow',
      exact: false,
    });
  });

  it('is held against its type', () => {
    // @ts-expect-error an option is missing
    specify<Options>()({ beta: required(positive), mode: optional(oneOf('fast', 'slow')) });
    // @ts-expect-error an option too many
    specify<Options>()({ ...table, other: optional(positive) });
    // @ts-expect-error one that must be given may be left out
    specify<Options>()({ ...table, beta: optional(positive) });
    // @ts-expect-error one that may be left out must be given
    specify<Options>()({ ...table, exact: required(aBoolean) });
    // @ts-expect-error a word less
    specify<Options>()({ ...table, mode: optional(oneOf('fast')) });
  });

  it.each<[unknown, string]>([
    [undefined, 'Expected an object with beta for options but received undefined'],
    [[], 'Expected an object with beta for options but received an array of length 0'],
    [{}, 'Expected a finite number above 0 for options.beta but received undefined'],
    [{ beta: 5n }, 'Expected a finite number above 0 for options.beta but received 5n'],
    [{ beta: Symbol('b') }, 'Expected a finite number above 0 for options.beta but received Symbol(b)'],
    [{ beta: 1, mode: 'quick' }, 'Expected "fast" or "slow" for options.mode but received "quick"'],
    [{ beta: 1, exact: null }, 'Expected true or false for options.exact but received null'],
    [{ beta: 1, Beta: 2 }, 'Expected only beta, exact, mode for options but received "Beta"'],
    [{ beta: 1, [`a${'b'.repeat(1e6)}`]: 2 }, 'but received "abbb'],
  ])('refuses %o', async (value, message) => {
    const { argument } = await expectFailure(() => readOptions(table, value), ['ERR_SHAPE', 'ERR_RANGE']);
    const error = await expectFailure(() => readOptions(table, value), ['ERR_SHAPE', 'ERR_RANGE'], /^Expected/);
    expect(error.message).toContain(message);
    expect(error.message.length).toBeLessThan(400);
    expect(argument).toMatch(/^options/);
  });

  it('reads each option once', () => {
    let reads = 0;
    const options = Object.defineProperty({}, 'beta', { get: () => ++reads, enumerable: true });
    expect(readOptions(table, options).beta).toBe(1);
    expect(reads).toBe(1);
  });

  it('refuses what cannot be read', async () => {
    const { proxy, revoke } = Proxy.revocable({ beta: 1 }, {});
    revoke();
    await expectFailure(() => readOptions(table, proxy), 'ERR_SHAPE', 'options');
    const throwing = {
      get beta(): number {
        throw new TypeError('from the getter');
      },
    };
    const message = 'options.beta cannot be read: its getter or proxy threw';
    const error = await expectFailure(() => readOptions(table, throwing), 'ERR_SHAPE', message);
    expect(error).toMatchObject({ argument: 'options.beta' });
    expect(error.cause).toEqual(new TypeError('from the getter'));
  });

  it('follows signals that lack the members of later standards', async () => {
    const controller = new AbortController();
    const { signal: own } = controller;
    const old = {
      get aborted() {
        return own.aborted;
      },
      addEventListener: own.addEventListener.bind(own),
      removeEventListener: own.removeEventListener.bind(own),
    };
    const { signal } = readOptions(callOptions, { signal: old });
    expect(signal?.aborted).toBe(false);
    controller.abort();
    expect(() => signal?.throwIfAborted()).toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(readOptions(callOptions, { signal: old }).signal?.aborted).toBe(true);
  });
});

describe('a memory', () => {
  const items = ordinary('full', 3, 2);
  const vectors = { count: 1, dimension: 1, values: Float64Array.of(1) };

  it('takes betas of any precision', async () => {
    const memory = await EuclideanMemory.create({ count: 2, dimension: 1, values: Float64Array.of(0, 1) });
    const [query, settings] = [vectors, { maxIterations: 1, tolerance: 0 }];
    const right = await memory.sweep(query, { ...settings, betas: [1, 2] });
    expect(await memory.sweep(query, { ...settings, betas: Float32Array.of(1, 2) })).toEqual(right);
    const ended = await memory.retrieve(query, { ...settings, beta: Float32Array.of(2) });
    expect(ended).toEqual(right[1]);
    const integers = memory.sweep(query, { betas: Int32Array.of(1, 2) as never });
    await expectFailure(() => integers, 'ERR_RANGE', 'an array of numbers, plain or of floats for options.betas');
  });

  it('says what takes items of another structure', async () => {
    const diagonal = await GaussianMemory.create(ordinary('diagonal', 3, 2));
    await expectFailure(() => diagonal.add(items), 'ERR_SHAPE', 'or create the memory from toFull(items)');
    await expectFailure(() => diagonal.distances(items), 'ERR_SHAPE', 'create the memory from toFull(items)');
    const full = await GaussianMemory.create(items);
    await expectFailure(() => full.distances(ordinary('diagonal', 3, 2)), 'ERR_SHAPE', 'toFull makes it so');
  });

  it('says what makes floats of integers, and what to leave', async () => {
    const integers = { ...vectors, values: Int32Array.of(1) as never };
    await expectFailure(() => EuclideanMemory.create(integers), 'ERR_SHAPE', 'Float32Array (toFloats makes one) for');
    const memory = await EuclideanMemory.create(vectors);
    const error = await expectFailure(() => memory.remove([0]), 'ERR_RANGE', 'to leave at least one item');
    expect(error).toMatchObject({ argument: 'indices', expected: 'to leave at least one item', received: 'all 1' });
  });

  it('takes in each verb what that verb uses', async () => {
    const memory = await GaussianMemory.create(items);
    const wrong = { maxIterations: 'x', betas: [], k: -3 } as object;
    await expectFailure(() => memory.distances(items, wrong), 'ERR_RANGE', '"maxIterations"', 'only');
    await expectFailure(() => memory.weights(items, { beta: 1, tolerance: 1 } as never), 'ERR_RANGE', 'tolerance');
    await expectFailure(() => memory.nearest(items, { beta: 1 } as never), 'ERR_RANGE', '"beta"');
    await expectFailure(() => memory.get([0], { ridge: 1 } as never), 'ERR_RANGE', '"ridge"');
    const vectorMemory = await EuclideanMemory.create(vectors);
    await expectFailure(() => vectorMemory.distances(vectors, { ridge: 1 } as never), 'ERR_RANGE', '"ridge"');
    await expectFailure(() => EuclideanMemory.create(vectors, { epsilon: 1 } as never), 'ERR_RANGE', '"epsilon"');
    await expectFailure(() => EuclideanMemory.create(vectors, { index: 1 } as never), 'ERR_RANGE', 'index');
  });

  it('says what is missing', async () => {
    const memory = await GaussianMemory.create(items);
    await expectFailure(
      () => memory.retrieve(items, undefined as never),
      'ERR_SHAPE',
      'an object with beta for options',
    );
    await expectFailure(() => memory.sweep(items, undefined as never), 'ERR_SHAPE', 'betas');
    await expectFailure(() => PointCloudMemory.create([] as never, undefined as never), 'ERR_SHAPE', 'epsilon');
    const wanted = '{ count, dimension, structure, means, covariances } for items but received an array of length 2';
    await expectFailure(() => GaussianMemory.create([1, 2] as never), 'ERR_SHAPE', wanted);
    await expectFailure(() => memory.save(undefined as never), 'ERR_SHAPE', 'path');
  });
});

describe('values in messages', () => {
  it.each<[unknown, string]>([
    ['x'.repeat(1e7), `"${'x'.repeat(75)}..."`],
    [-0, '-0'],
    [5n, '5n'],
    [1n << 5_000_000n, 'a bigint of more than 256 bits'],
    [Symbol('s'), 'Symbol(s)'],
    [class Name {}, 'a function'],
    [null, 'null'],
    [new Float32Array(3), 'Float32Array(3)'],
    [new DataView(new ArrayBuffer(8)), 'DataView(8)'],
    [new Array(1e6), 'an array of length 1000000'],
    [{}, 'an empty object'],
    [{ a: 1, b: 2 }, 'an object { a, b }'],
    [
      Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`k${i}`, i])),
      'an object { k0, k1, k2, k3, k4, k5, ... }',
    ],
    [new Map(), 'Map'],
    [Object.create(null), 'an empty object'],
    [{ toString: null, constructor: 5 }, 'an object { toString, constructor }'],
  ])('%#', (value, expected) => {
    expect(words(value)).toBe(expected);
  });

  it('never throw', () => {
    const hostile = {
      get constructor(): never {
        throw new Error('from the getter');
      },
    };
    expect(words(hostile)).toBe('an object that cannot be read');
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    expect(words(proxy)).toBe('an object that cannot be read');
  });
});
