/** Covariances with a common basis: a memory of them against one of the same full covariances. */
import { describe, expect, it } from 'vitest';
import { GaussianMemory, toFull } from '../../lib/index.ts';
import { expectNormwise, expectSameBits, expectWithin, largest } from '../support/assertions.ts';
import { concatenate, select, toSingle } from '../support/batches.ts';
import { rotatedDiagonal } from '../support/cases.ts';
import { check } from '../support/check.ts';
import { build, columns, identity, parameters, toMatrix, without, writtenOut } from '../support/commuting.ts';
import { AGREEMENT } from '../support/tolerances.ts';

describe('a memory with a basis', () => {
  it('agrees with one of the same full covariances', async () => {
    await check(parameters, 60, async (p) => {
      const { items, queries, beta, width } = build(p);
      const [flat, full] = [await GaussianMemory.create(items), await GaussianMemory.create(writtenOut(items))];
      const asFull = writtenOut(queries);
      const agree = (what: string, a: ArrayLike<number>, b: ArrayLike<number>) => expectNormwise(what, a, b, AGREEMENT);

      const distances = (await full.distances(asFull)).data;
      agree('distances', (await flat.distances(queries)).data, distances);
      agree('distances of full queries', (await flat.distances(asFull)).data, distances);
      agree('weights', (await flat.weights(queries, { beta })).data, (await full.weights(asFull, { beta })).data);
      // An energy may be near zero where its terms are not.
      const energy = await full.energy(asFull, { beta });
      expectWithin('energy', await flat.energy(queries, { beta }), energy, AGREEMENT * (largest(distances) + 1 / beta));

      const next = await flat.step(queries, { beta });
      const expected = await full.step(asFull, { beta });
      agree('means after a step', next.means, expected.means);
      agree('covariances after a step', (await toFull(next)).covariances, expected.covariances);
      agree('a step of full queries', (await flat.step(asFull, { beta })).covariances, next.covariances);

      const options = { beta, tolerance: 0, maxIterations: 4, trajectory: true };
      const found = await flat.retrieve(queries, options);
      const reference = await full.retrieve(asFull, options);
      agree('states', (await toFull(found.states)).covariances, reference.states.covariances);
      agree('trajectory', found.trajectory?.at(-1)?.covariances ?? [], found.states.covariances);
      expectWithin(
        'step length',
        found.stepLength,
        reference.stepLength,
        AGREEMENT * width + AGREEMENT * largest(reference.stepLength),
      );

      const k = Math.min(2, p.items);
      agree('nearest', (await flat.nearest(queries, { k })).distances, (await full.nearest(asFull, { k })).distances);
    });
  });

  it('has the transport maps of one of full covariances', async () => {
    await check(parameters, 40, async (p) => {
      const { items, queries, basis, width } = build(p);
      const d = p.dimension;
      const [flat, full] = [await GaussianMemory.create(items), await GaussianMemory.create(writtenOut(items))];
      const query = select(queries, [1]);
      const maps = await flat.transportMaps(query, [p.items - 1, 0]);
      expect([maps.count, maps.structure, maps.basis]).toEqual([2, 'diagonal', basis]);
      const expected = await full.transportMaps(writtenOut(query), [p.items - 1, 0]);
      const matrices = [0, 1].flatMap((k) => [
        ...rotatedDiagonal(maps.matrices.subarray(k * d, (k + 1) * d), columns(basis)),
      ]);
      // The inverse of the query's root: its condition times rounding.
      expectNormwise('A', matrices, expected.matrices, AGREEMENT);
      const terms = largest(maps.matrices) * d * largest(query.means) + width;
      expectWithin('b', maps.offsets, expected.offsets, AGREEMENT * terms);
      const again = await flat.transportMaps(writtenOut(query), [p.items - 1, 0]);
      expectNormwise('of a full query', again.matrices, maps.matrices, AGREEMENT);
      expectWithin('of a full query', again.offsets, maps.offsets, AGREEMENT * terms);
    });
  });

  it('adds a ridge in every direction', async () => {
    const { items, queries, beta } = build({ seed: 3, dimension: 5, items: 4, logCondition: 1, logScale: 0 });
    const [flat, full] = [await GaussianMemory.create(items), await GaussianMemory.create(writtenOut(items))];
    const singular = { ...queries, covariances: queries.covariances.map((v, at) => (at % 5 === 2 ? 0 : v)) };
    await expect(flat.step(singular, { beta })).rejects.toMatchObject({ code: 'ERR_NOT_POSITIVE_DEFINITE' });
    const asFull = writtenOut(singular);
    await expect(flat.step(asFull, { beta })).rejects.toMatchObject({ code: 'ERR_NOT_POSITIVE_DEFINITE' });
    for (const batch of [singular, asFull]) {
      const next = await toFull(await flat.step(batch, { beta, ridge: 0.1 }));
      expectNormwise('S', next.covariances, (await full.step(asFull, { beta, ridge: 0.1 })).covariances, AGREEMENT);
    }
  });

  it('with the identity is a plain diagonal one, to the bit', async () => {
    await check(parameters, 20, async (p) => {
      const { items, queries, beta } = build(p);
      const basis = identity(p.dimension);
      const plain = await GaussianMemory.create(without(items));
      const flat = await GaussianMemory.create({ ...items, basis });
      const own = { ...queries, basis };
      const bare = without(queries);
      expectSameBits('distances', (await flat.distances(own)).data, (await plain.distances(bare)).data);
      const [a, b] = [await flat.retrieve(own, { beta }), await plain.retrieve(bare, { beta })];
      expectSameBits('means', a.states.means, b.states.means);
      expectSameBits('covariances', a.states.covariances, b.states.covariances);
      const [of, from] = [
        await flat.transportMaps(select(own, [0]), [0]),
        await plain.transportMaps(select(bare, [0]), [0]),
      ];
      expectSameBits('matrices', of.matrices, from.matrices);
      expectSameBits('offsets', of.offsets, from.offsets);
    });
  });

  it('returns its basis with items, states and maps, in copies', async () => {
    const { items, queries, beta, basis } = build({ seed: 5, dimension: 3, items: 4, logCondition: 1, logScale: 0 });
    const memory = await GaussianMemory.create(items);
    expect([memory.structure, memory.basis]).toEqual(['diagonal', basis]);
    const { states, trajectory = [] } = await memory.retrieve(queries, { beta, trajectory: true });
    const maps = await memory.transportMaps(select(queries, [0]), [0]);
    const sweep = await memory.sweep(queries, { betas: [1, 2] });
    const results = [await memory.get([2]), await memory.step(queries, { beta }), states, ...trajectory, maps, memory];
    const all = [...results, ...sweep.map((retrieval) => retrieval.states)];
    // The states of one retrieval share a copy.
    for (const returned of new Set(all.map((result) => result.basis))) {
      expect(returned).toEqual(basis);
      returned?.data.fill(0);
    }
    expect(memory.basis).toEqual(basis);
    expect((await memory.distances(await memory.get([0, 1]))).data[0]).toBe(0);
    expect('basis' in (await (await GaussianMemory.create(without(items))).get([0]))).toBe(false);
  });

  it('adds items that are diagonal in its basis, full ones too', async () => {
    const { items, queries } = build({ seed: 6, dimension: 4, items: 5, logCondition: 2, logScale: 1 });
    const whole = await GaussianMemory.create(concatenate(items, queries));
    for (const more of [queries, writtenOut(queries)]) {
      const memory = await GaussianMemory.create(items);
      const [first] = [memory.add(more), memory.remove([0])];
      await first;
      expectNormwise('distances', (await memory.distances(queries)).data, (await whole.distances(queries)).data, 1e-12);
      await memory.remove([0]);
    }
  });

  it('in single precision takes covariances that are rounded to it', async () => {
    const { items, queries } = build({ seed: 7, dimension: 8, items: 5, logCondition: 1, logScale: 0 });
    const memory = await GaussianMemory.create(toSingle(items));
    expect(memory.precision).toBe('float32');
    const exact = await (await GaussianMemory.create(items)).distances(queries);
    expectNormwise('distances', (await memory.distances(toSingle(writtenOut(queries)))).data, exact.data, 1e-5);
  });

  it('takes what it read at the call: a basis may change afterwards', async () => {
    const { items, basis, queries } = build({ seed: 8, dimension: 3, items: 2, logCondition: 1, logScale: 0 });
    const kept = toMatrix(3, basis.data.slice());
    const creating = GaussianMemory.create(items);
    basis.data.fill(Number.NaN);
    const memory = await creating;
    expect(memory.basis).toEqual(kept);
    expect((await memory.distances({ ...queries, basis: kept })).data.every(Number.isFinite)).toBe(true);
  });
});
