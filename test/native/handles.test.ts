/** Handles and options as the addon checks them by itself, below lib/. */
import { createServer, type Server } from 'node:net';
import { types } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NativeItems, native } from '../../lib/native/addon.ts';

const coded = (code: string) => expect.objectContaining({ code });

async function items(values: readonly number[]): Promise<NativeItems> {
  const empty = native.emptyItems({ kind: 'euclidean', dimension: 1, precision: 'float64', indexed: false });
  const batch = { count: values.length, positions: Float64Array.from(values) };
  return native.appendItems(empty, batch, { firstIndex: 0 }).promise;
}

const clouds = () =>
  native.emptyClouds({
    dimension: 1,
    precision: 'float64',
    epsilon: 1,
    marginalTolerance: 1e-10,
    mostCosts: 0,
    maxSolverIterations: 10,
  });

const query = { count: 1, positions: Float64Array.of(0) };

describe('a wrong handle is refused', () => {
  let server: Server;
  beforeAll(() => {
    server = createServer().listen(0);
  });
  afterAll(() => server.close());

  /** An external value of Node's own, which points to anything but a handle. */
  function foreignExternal(): unknown {
    const { _handle: handle } = server as unknown as { readonly _handle: { readonly _externalStream: unknown } };
    return handle._externalStream;
  }

  it.each([
    ['nothing', () => undefined],
    ['a number', () => 1],
    ['an object', () => ({})],
    ['an external of somebody else', foreignExternal],
    ['the handle of something else', clouds],
  ])('%s', (_, make) => {
    const wrong = make() as never;
    expect(() => native.itemCount(wrong)).toThrow(coded('ERR_SHAPE'));
    expect(() => native.distances(wrong, query, { ridge: 0, firstIndex: 0 })).toThrow(coded('ERR_SHAPE'));
    expect(() => native.nearestSphereMemories(wrong, query.positions, { count: 1, firstIndex: 0 })).toThrow(
      coded('ERR_SHAPE'),
    );
  });

  it('with the names of what was expected', () => {
    const call = () => native.itemCount(clouds() as never);
    expect(call).toThrow(
      expect.objectContaining({
        fault: expect.objectContaining({ argument: expect.any(String), expected: 'its handle' }),
      }),
    );
  });

  it.each([
    ['a number', () => 1],
    ['an external of somebody else', foreignExternal],
  ])('%s, by what takes any handle', (_, make) => {
    const wrong = make() as never;
    for (const call of [native.release, native.share, (handle: never) => native.succeed(clouds(), handle, 0)]) {
      expect(() => call(wrong)).toThrow(coded('ERR_SHAPE'));
    }
  });

  it('the foreign external is one', () => {
    expect(types.isExternal(foreignExternal())).toBe(true);
  });

  it('a released one is closed', async () => {
    const store = await items([1, 2]);
    native.release(store);
    native.release(store);
    expect(() => native.itemCount(store)).toThrow(coded('ERR_CLOSED'));
    expect(() => native.share(store)).toThrow(coded('ERR_CLOSED'));
  });
});

describe('a store', () => {
  it('never changes: what is appended or removed makes another', async () => {
    const store = await items([1, 2]);
    const more = await native.appendItems(store, query, { firstIndex: 2 }).promise;
    const fewer = await native.removeItems(more, Int32Array.of(1)).promise;
    expect([store, more, fewer].map((each) => native.itemCount(each))).toEqual([2, 3, 2]);
    expect((await native.getItems(fewer, Int32Array.of(0, 1)).promise).positions).toEqual(Float64Array.of(1, 0));
  });

  it('without items refuses queries', () => {
    const empty = native.emptyItems({ kind: 'full', dimension: 1, precision: 'float32', indexed: true });
    const gaussian = { ...query, covariances: Float64Array.of(1) };
    expect(() => native.distances(empty, gaussian, { ridge: 0, firstIndex: 0 })).toThrow(coded('ERR_SHAPE'));
  });

  it('answers alike before its index is complete', async () => {
    const [d, count] = [20, 400];
    // One mean, so that nothing but signatures excludes items.
    const positions = new Float64Array(count * d);
    const covariances = Float64Array.from({ length: count * d * d }, (_, i) => {
      const [item, cell] = [Math.floor(i / (d * d)), i % (d * d)];
      return cell % (d + 1) === 0 ? 1 + ((item * cell) % 7) : 0;
    });
    const empty = native.emptyItems({ kind: 'full', dimension: d, precision: 'float64', indexed: true });
    const unprepared = await native.appendItems(empty, { count, positions, covariances }, { firstIndex: 0 }).promise;
    const prepared = await native.prepareItems(unprepared, {}).promise;
    const one = { count: 1, positions: positions.subarray(0, d), covariances: covariances.subarray(0, d * d) };
    const options = { ridge: 0, firstIndex: 0, k: 3, pruning: true };
    const nearest = (store: NativeItems) => native.nearest(store, one, options).promise;
    expect(native.itemBytes(prepared)).toBeGreaterThan(native.itemBytes(unprepared));
    expect(await nearest(unprepared)).toEqual(await nearest(prepared));
  });

  it('is counted by the collector once, by the handle that is left', async () => {
    const before = native.keptMemory();
    const store = await items([1, 2]);
    const successor = await native.appendItems(store, query, { firstIndex: 2 }).promise;
    native.succeed(store, successor, 1000);
    expect(native.keptMemory() - before).toBe(1000);
    expect(() => native.itemCount(store)).toThrow(coded('ERR_CLOSED'));
    native.release(successor);
    expect(native.keptMemory()).toBe(before);
  });
});

describe('options are named in errors', () => {
  it.each([
    [undefined, 'an object of options'],
    [{ firstIndex: 0 }, 'a number for ridge'],
    [{ ridge: 0 }, 'a non-negative integer for firstIndex'],
    [{ ridge: 0, firstIndex: 0 }, 'a number for beta'],
    [{ ridge: 0, firstIndex: 0, beta: 1, pruning: 'yes' }, 'a number for pruning'],
  ])('%j', async (options, expected) => {
    const store = await items([1, 2]);
    expect(() => native.weights(store, query, options as never)).toThrow(`Expected ${expected}`);
  });

  it('at least one beta', async () => {
    const options = { ridge: 0, firstIndex: 0, tolerance: 0, maxIterations: 1, pruning: undefined, trajectory: false };
    const store = await items([1, 2]);
    expect(() => native.sweep(store, query, { ...options, betas: new Float64Array(0) })).toThrow(coded('ERR_SHAPE'));
  });
});
