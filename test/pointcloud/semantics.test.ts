/** What a point-cloud memory does with its items and results; its numbers are tested elsewhere. */
import { describe, expect, it } from 'vitest';
import { PointCloudMemory, type PointClouds } from '../../lib/index.ts';
import { expectFailure, expectSameBits, expectWithin } from '../support/assertions.ts';
import { DOUBLE_EPSILON } from '../support/tolerances.ts';
import { copyOfClouds, selectClouds, someClouds, toSingleClouds } from './batches.ts';
import { beta, create, epsilon, expectSameMemory, items, queries } from './smallMemory.ts';

describe('create', () => {
  it('says what it was given, and the defaults', async () => {
    const memory = await create();
    const defaults = { marginalTolerance: 1e-10, maxSolverIterations: 10_000 };
    expect(memory).toMatchObject({ dimension: 2, precision: 'float64', epsilon, ...defaults });
    expect(memory.size).toBe(6);
    const solver = { marginalTolerance: 1e-8, maxSolverIterations: 77 };
    expect(await PointCloudMemory.create(items, { epsilon, ...solver })).toMatchObject(solver);
  });

  it('stores floats as floats, and mixed ones as doubles', async () => {
    const single = toSingleClouds(items);
    expect((await create(single)).precision).toBe('float32');
    expect((await create({ ...single, weights: items.weights })).precision).toBe('float64');
    const got = await (await create(single)).get([0, 1, 2, 3, 4, 5]);
    expectSameBits('points', got.points, single.points);
    expectWithin('weights', got.weights, items.weights, 1e-7); // rounded to floats
    expect(got.points).toBeInstanceOf(Float64Array);
  });

  it('drops points of vanishing weight', async () => {
    const withDust: PointClouds = {
      count: 2,
      dimension: 1,
      offsets: Int32Array.of(0, 4, 5),
      points: Float64Array.of(9, 1, -9, 2, 5),
      weights: Float64Array.of(0, 0.5, 1e-101, 0.5, 1),
    };
    const got = await (await create(withDust)).get([0, 1]);
    expect([...got.offsets]).toEqual([0, 2, 3]);
    expect([...got.points]).toEqual([1, 2, 5]);
    expect([...got.weights]).toEqual([0.5, 0.5, 1]);
  });
});

describe('get, add and remove', () => {
  it('get returns what was stored, in the order asked for, as copies', async () => {
    const memory = await create();
    const got = await memory.get([4, 0, 4]);
    expect([...got.offsets]).toEqual([0, 2, 5, 7]);
    expectSameBits('points', got.points, selectClouds(items, [4, 0, 4]).points);
    got.points.fill(Number.NaN);
    expectSameBits('typed', (await memory.get(Int32Array.of(5))).points, selectClouds(items, [5]).points);
    await expectSameMemory(memory, items);
  });

  it('add appends and remove keeps the order of the others', async () => {
    const memory = await create(selectClouds(items, [0, 1]));
    await memory.add(selectClouds(items, [2]));
    await memory.add(selectClouds(items, [3, 4, 5]));
    await expectSameMemory(memory, items);
    await memory.remove([5, 0, 5]);
    await expectSameMemory(memory, selectClouds(items, [1, 2, 3, 4]));
    await memory.remove(Int32Array.of(3));
    await memory.add(selectClouds(items, [5, 0]));
    await expectSameMemory(memory, selectClouds(items, [1, 2, 3, 5, 0]));
  });

  it('at least one item must remain', async () => {
    const memory = await create(selectClouds(items, [0, 1]));
    await expectFailure(() => memory.remove([1, 0]), 'ERR_RANGE', /indices/, /at least one/, /all 2/);
    await expectSameMemory(memory, selectClouds(items, [0, 1]));
  });

  it('changes that overlap are made one after the other, with the values of their calls', async () => {
    const memory = await create(selectClouds(items, [0]));
    const later = copyOfClouds(selectClouds(items, [1, 2]));
    const indices = [0];
    const changes = [memory.add(selectClouds(items, [3])), memory.add(later), memory.remove(indices)];
    later.points.fill(Number.NaN);
    later.offsets.fill(7);
    indices[0] = 2;
    expect(memory.size).toBe(1);
    await Promise.all(changes);
    await expectSameMemory(memory, selectClouds(items, [3, 1, 2]));
  });

  it('a change that fails leaves the others', async () => {
    const memory = await create(selectClouds(items, [0]));
    const broken = copyOfClouds(selectClouds(items, [1, 2]));
    broken.points[broken.points.length - 1] = Number.POSITIVE_INFINITY;
    const outcomes = await Promise.allSettled([
      memory.add(selectClouds(items, [3])),
      memory.add(broken),
      memory.remove([7]),
      memory.add(selectClouds(items, [4])),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    await expectSameMemory(memory, selectClouds(items, [0, 3, 4]));
  });

  it('reads see the items as they were when they began', async () => {
    const memory = await create();
    const quiet = await memory.retrieve(queries, { beta, maxIterations: 5 });
    const reads = [memory.retrieve(queries, { beta, maxIterations: 5 }), memory.divergences(queries)] as const;
    const got = memory.get([5]);
    await Promise.all([memory.remove([0, 2, 5]), memory.add(someClouds(9, [3, 3], 2))]);
    const [found, { columns }] = await Promise.all(reads);
    expectSameBits('states', found.states.points, quiet.states.points);
    expectSameBits('energy', found.energy, quiet.energy);
    expect(columns).toBe(6);
    expectSameBits('got', (await got).points, selectClouds(items, [5]).points);
  });
});

describe('arrays of the caller', () => {
  it('changed right after the call began do not change its result', async () => {
    const [ownItems, ownQueries] = [copyOfClouds(items), copyOfClouds(queries)];
    const call = create(ownItems);
    ownItems.points.fill(Number.NaN);
    ownItems.weights.fill(-1);
    ownItems.offsets.fill(0);
    const memory = await call;
    const asked = memory.divergences(ownQueries);
    ownQueries.points.fill(Number.NaN);
    ownQueries.offsets.fill(0);
    const plain = await create();
    expectSameBits('divergences', (await asked).data, (await plain.divergences(queries)).data);
    await expectSameMemory(memory, items);
  });

  it('may be views of larger buffers', async () => {
    const room = new Float64Array(200).fill(Number.NaN);
    const points = room.subarray(11, 11 + items.points.length);
    const weights = room.subarray(100, 100 + items.weights.length);
    points.set(items.points);
    weights.set(items.weights);
    const offsets = Int32Array.of(-1, ...items.offsets, -1).subarray(1, -1);
    await expectSameMemory(await create({ ...items, offsets, points, weights }), items);
  });
});

describe('results', () => {
  it('have the shapes and names that are promised', async () => {
    const memory = await create();
    const total = queries.weights.length;
    const { data, marginalErrors, ...shape } = await memory.divergences(queries);
    expect(shape).toEqual({ rows: 3, columns: 6, notConverged: 0 });
    expect([data.length, marginalErrors.length]).toEqual([18, 18]);
    const weights = await memory.weights(queries, { beta });
    expect([weights.rows, weights.columns, weights.data.length, weights.marginalErrors.length]).toEqual([3, 6, 18, 3]);
    expect(await memory.energy(queries, { beta })).toHaveLength(3);
    const gradient = await memory.gradient(queries, { beta });
    expect(Object.values(gradient).map((values: Float64Array) => values.length)).toEqual([3, 2 * total, total, 3, 3]);
    const nearest = await memory.nearest(queries, { k: 2 });
    expect([nearest.rows, nearest.columns, nearest.indices.length, nearest.marginalErrors.length]).toEqual([
      3, 2, 6, 3,
    ]);
    const maps = await memory.transportMaps(selectClouds(queries, [0]), [5, 1]);
    expect(maps).toMatchObject({ count: 2, points: 4, dimension: 2 });
    expect([maps.images.length, maps.marginalErrors.length]).toEqual([2 * 4 * 2, 2]);
    const next = await memory.step(queries, { beta });
    expect([next.count, next.dimension, ...next.offsets]).toEqual([3, 2, ...queries.offsets]);
  });

  it('of a retrieval, with its trajectory', async () => {
    const memory = await create();
    const found = await memory.retrieve(queries, { beta, maxIterations: 4, tolerance: 0, trajectory: true });
    expect([...found.states.offsets]).toEqual([...queries.offsets]);
    expect(found.trajectory).toHaveLength(Math.max(...found.iterations) + 1);
    expect(found.trajectoryEnergy).toHaveLength(found.trajectory?.length as number);
    expectSameBits('start', found.trajectory?.[0]?.points as Float64Array, queries.points);
    expectSameBits('end', found.trajectory?.at(-1)?.points as Float64Array, found.states.points);
    expectSameBits('energy', found.trajectoryEnergy?.at(-1) as Float64Array, found.energy);
    const one = await memory.step(queries, { beta });
    expectSameBits('one step', found.trajectory?.[1]?.points as Float64Array, one.points);
    const plain = await memory.retrieve(queries, { beta, maxIterations: 0 });
    expect(plain).not.toHaveProperty('trajectory');
    expect(plain.stopped).toEqual(['iterations', 'iterations', 'iterations']);
    expectSameBits('no step', plain.states.points, queries.points);
  });

  it('of a sweep are those of one retrieval for each beta', async () => {
    const memory = await create();
    const betas = [0.1, 3, 20];
    const options = { maxIterations: 6, trajectory: true };
    const swept = await memory.sweep(queries, { betas, ...options });
    expect(swept).toHaveLength(3);
    for (const [i, found] of swept.entries()) {
      const alone = await memory.retrieve(queries, { beta: betas[i] as number, ...options });
      for (const field of ['energy', 'nearest', 'nearestDivergence', 'iterations', 'gradientNorm'] as const) {
        expectSameBits(field, found[field], alone[field]);
      }
      expectSameBits('points', found.states.points, alone.states.points);
      expectSameBits('weights', found.states.weights, alone.states.weights);
      expect([...found.states.offsets]).toEqual([...queries.offsets]);
      expect(found.stopped).toEqual(alone.stopped);
      const length = alone.trajectory?.length as number;
      // A sweep's trajectory is as long as its longest retrieval; the others stay where they ended.
      expect(found.trajectory?.length).toBeGreaterThanOrEqual(length);
      expectSameBits('path', found.trajectory?.[length - 1]?.points as Float64Array, alone.states.points);
    }
  });

  it('a schedule of betas ends with its last', async () => {
    const memory = await create();
    const scheduled = await memory.retrieve(queries, { beta: [0.2, 1, beta] });
    const energy = await memory.energy(scheduled.states, { beta });
    // The state's own energy, from problems solved twice to 1e-10.
    expectWithin('energy', scheduled.energy, energy, 1e-8);
  });

  it('tell what was not solved, or reject', async () => {
    const hard = await PointCloudMemory.create(items, {
      epsilon: 1e-3,
      maxSolverIterations: 1,
      marginalTolerance: 1e-15,
    });
    const { notConverged, marginalErrors } = await hard.divergences(queries);
    expect(notConverged).toBeGreaterThan(0);
    expect(Math.max(...marginalErrors)).toBeGreaterThan(1e-15);
    const { marginalError } = await hard.retrieve(queries, { beta, maxIterations: 2 });
    expect(Math.max(...marginalError)).toBeGreaterThan(1e-15);
    const mentions = ['maxSolverIterations (1)', 'marginalTolerance', 'epsilon', '1e-15'];
    const refused = (call: () => unknown, name: RegExp) => expectFailure(call, 'ERR_NOT_CONVERGED', name, ...mentions);
    await refused(() => hard.energy(queries, { beta }), /queries\[\d\]/);
    await refused(() => hard.weights(queries, { beta }), /queries\[\d\]/);
    await refused(() => hard.gradient(queries, { beta }), /queries\[\d\]/);
    await refused(() => hard.step(queries, { beta }), /queries\[\d\]/);
    await refused(() => hard.nearest(queries), /queries\[\d\]/);
    await refused(() => hard.transportMaps(selectClouds(queries, [0]), [0, 2]), /indices\[\d\]/);
  });
});

describe('a step', () => {
  const steps = { beta, transportStep: 0.5, reweightStep: 0.3 };

  it('leaves weights as they are while transport gains more', async () => {
    const next = await (await create()).step(queries, steps);
    expectWithin('weights', next.weights, queries.weights, 2 * DOUBLE_EPSILON);
    expect([...next.points]).not.toEqual([...queries.points]);
  });

  it('that is not gated moves both, as published', async () => {
    const memory = await create();
    const { points: slope, firstVariation } = await memory.gradient(queries, { beta });
    // So short that neither the cap nor the energy shortens it.
    const reweightStep = 0.02;
    const next = await memory.step(queries, { ...steps, reweightStep, gated: false });
    // dE/dx_k = -2 a_k move_k.
    const points = queries.points.map((x, at) => {
      const weight = queries.weights[Math.floor(at / queries.dimension)] as number;
      return x - (steps.transportStep * (slope[at] as number)) / (2 * weight);
    });
    const masses = Float64Array.from(
      queries.weights,
      (a, k) => a * Math.exp(-reweightStep * (firstVariation[k] as number)),
    );
    for (let q = 0; q < queries.count; q++) {
      const [from, to] = [queries.offsets[q] as number, queries.offsets[q + 1] as number];
      const own = masses.subarray(from, to);
      const total = own.reduce((a, b) => a + b);
      own.forEach((mass, k) => {
        own[k] = mass / total;
      });
    }
    expectWithin('points', next.points, points, 1e-9);
    expectWithin('weights', next.weights, masses, 1e-9);
  });

  it('that is not gated never raises the energy', async () => {
    const found = await (await create()).retrieve(queries, { beta, gated: false, maxIterations: 30, trajectory: true });
    const energies = found.trajectoryEnergy as readonly Float64Array[];
    for (let k = 1; k < energies.length; k++) {
      energies[k]?.forEach((energy, q) => {
        expect(energy).toBeLessThanOrEqual((energies[k - 1]?.[q] as number) + 1e-12);
      });
    }
  });
});
