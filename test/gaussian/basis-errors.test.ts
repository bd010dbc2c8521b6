/** Wrong bases, batches that do not fit one, and damaged files: coded errors, and a memory that answers as before. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../lib/core/errors.ts';
import {
  type CallOptions,
  commonBasis,
  GaussianMemory,
  type Gaussians,
  type Matrix,
  perturb,
  separation,
  toBasis,
  toFull,
} from '../../lib/index.ts';
import { writeSafetensors } from '../../lib/io/safetensors/safetensors.ts';
import { expectFailure, expectSameBits } from '../support/assertions.ts';
import { concatenate, ordinary, select, toSingle } from '../support/batches.ts';
import { build, identity, without, writtenOut } from '../support/commuting.ts';

const D = 3;
const { items, queries, basis, beta } = build({ seed: 21, dimension: D, items: 4, logCondition: 1, logScale: 0 });
const fullQueries = writtenOut(queries);

/** The basis with some of its fields replaced, whatever their type. */
const withBasis = (batch: Gaussians, fields: Record<string, unknown>): Gaussians =>
  ({ ...batch, basis: { ...basis, ...fields } }) as unknown as Gaussians;

function changed(numbers: Gaussians['means'], at: number, value: number): Float64Array {
  return Float64Array.from(numbers, (number, i) => (i === at ? value : number));
}

function detached(numbers: Gaussians['means']): Float64Array {
  const copy = Float64Array.from(numbers);
  structuredClone(copy.buffer, { transfer: [copy.buffer] });
  return copy;
}

describe('a basis is refused', () => {
  const takers: Record<string, (batch: Gaussians) => unknown> = {
    create: (batch) => GaussianMemory.create(batch),
    toFull: (batch) => toFull(batch),
    perturb: (batch) => perturb(batch, 1),
    separation: (batch) => separation(batch),
    commonBasis: (batch) => commonBasis(batch),
    toBasis: (batch) => toBasis(batch, identity(D), { tolerance: 10 }),
  };

  it.each(Object.keys(takers))('of the wrong shape, not finite or not orthogonal: %s', async (name) => {
    const refused = (batch: Gaussians, ...rest: [Parameters<typeof expectFailure>[1], ...(string | RegExp)[]]) =>
      expectFailure(() => (takers[name] as (b: Gaussians) => unknown)(batch), ...rest);
    await refused({ ...items, basis: null as unknown as Matrix }, 'ERR_SHAPE', /\.basis\b/);
    await refused(withBasis(items, { rows: 2 }), 'ERR_SHAPE', /\.basis\b/, '3 x 3', '2 x 3');
    await refused(withBasis(items, { columns: undefined }), 'ERR_SHAPE', /\.basis\b/, 'undefined');
    await refused(withBasis(items, { data: [...basis.data] }), 'ERR_SHAPE', /\.basis\.data/);
    await refused(withBasis(items, { data: basis.data.slice(1) }), 'ERR_SHAPE', /\.basis\.data/, '8');
    await refused(withBasis(items, { data: detached(basis.data) }), 'ERR_SHAPE', /\.basis\.data/, 'detached');
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      await refused(withBasis(items, { data: changed(basis.data, 5, bad) }), 'ERR_NOT_FINITE', /\.basis\.data\[5\]/);
    }
    const scaled = basis.data.map((x) => 2 * x);
    await refused(withBasis(items, { data: scaled }), 'ERR_RANGE', /\.basis\b/, 'column 0 has squared length 4');
    const sheared = changed(basis.data, 4, (basis.data[4] as number) + 1e-6);
    await refused(withBasis(items, { data: sheared }), 'ERR_RANGE', 'orthogonal', /\.basis\b/);
    await refused(withBasis(items, { data: new Float64Array(9) }), 'ERR_RANGE', /\.basis\b/);
    await refused({ ...ordinary('isotropic', 4, D), basis }, 'ERR_SHAPE', /\.basis\b/, 'isotropic');
  });

  it('beside full covariances it has no meaning', async () => {
    const plain = await GaussianMemory.create(fullQueries);
    const beside = await GaussianMemory.create({ ...fullQueries, basis });
    expect(beside.basis).toBeUndefined();
    expectSameBits(
      'distances',
      (await beside.distances({ ...fullQueries, basis })).data,
      (await plain.distances(fullQueries)).data,
    );
  });

  it('toBasis checks the one that it is to use', async () => {
    await expectFailure(() => toBasis(fullQueries, identity(2)), 'ERR_SHAPE', /^Expected a matrix of 3 x 3 for basis /);
    const zero = { ...basis, data: new Float64Array(9) };
    await expectFailure(() => toBasis(fullQueries, zero), 'ERR_RANGE', 'for basis');
    await expectFailure(() => toBasis(fullQueries, undefined as unknown as Matrix), 'ERR_SHAPE', 'basis');
  });
});

describe('what a memory with a basis refuses', () => {
  const takers: Record<string, (memory: GaussianMemory, batch: Gaussians) => Promise<unknown>> = {
    add: (memory, batch) => memory.add(batch),
    distances: (memory, batch) => memory.distances(batch),
    weights: (memory, batch) => memory.weights(batch, { beta }),
    energy: (memory, batch) => memory.energy(batch, { beta }),
    step: (memory, batch) => memory.step(batch, { beta }),
    retrieve: (memory, batch) => memory.retrieve(batch, { beta }),
    nearest: (memory, batch) => memory.nearest(batch),
  };

  it.each(Object.keys(takers))('%s', async (name) => {
    const [memory, plain] = [await GaussianMemory.create(items), await GaussianMemory.create(without(items))];
    const before = (await memory.distances(queries)).data;
    const take = takers[name] as (memory: GaussianMemory, batch: Gaussians) => Promise<unknown>;
    await expectFailure(() => take(memory, without(queries)), 'ERR_SHAPE', /\.basis\b/, /memory's basis/, 'none');
    await expectFailure(() => take(plain, queries), 'ERR_SHAPE', /\.basis\b/, 'none, as in the memory');
    const other = changed(basis.data, 7, (basis.data[7] as number) * (1 + 2 ** -52));
    await expectFailure(() => take(memory, withBasis(queries, { data: other })), 'ERR_RANGE', /\.basis\.data\[7\]/);
    await expectFailure(() => take(memory, ordinary('isotropic', 2, D)), 'ERR_SHAPE', 'structure');
    await expectFailure(() => take(memory, ordinary('full', 2, D + 1)), 'ERR_SHAPE', 'dimension');
    await expectFailure(() => take(memory, ordinary('full', 2, D)), 'ERR_RANGE', /covariances\[0\]/, /off by 0\.\d/);
    const last = fullQueries.covariances.length - 1;
    const bad = { ...fullQueries, covariances: changed(fullQueries.covariances, last, Number.NaN) };
    await expectFailure(() => take(memory, bad), 'ERR_NOT_FINITE', /covariances\[2\]\[2\]\[2\]/);
    const negative = { ...fullQueries, covariances: fullQueries.covariances.map((x) => -x) };
    await expectFailure(() => take(memory, negative), 'ERR_NOT_POSITIVE_DEFINITE', /covariances\[0\]/);
    const mean = { ...fullQueries, means: changed(fullQueries.means, 4, Number.NaN) };
    await expectFailure(() => take(memory, mean), 'ERR_NOT_FINITE', /means\[1\]\[1\]/);
    const gone = { ...fullQueries, covariances: detached(fullQueries.covariances) };
    await expectFailure(() => take(memory, gone), 'ERR_SHAPE', 'detached');
    expect(memory.size).toBe(4);
    expectSameBits('distances afterwards', (await memory.distances(queries)).data, before);
  });

  it('transportMaps', async () => {
    const memory = await GaussianMemory.create(items);
    const one = (batch: Gaussians) => select(batch, [0]);
    await expectFailure(() => memory.transportMaps(one(without(queries)), [0]), 'ERR_SHAPE', /query\.basis/);
    await expectFailure(
      () => memory.transportMaps(one(ordinary('full', 2, D)), [0]),
      'ERR_RANGE',
      /query\.covariances\[0\]/,
    );
  });

  it('a late item that does not commute, whatever came before it', async () => {
    const memory = await GaussianMemory.create(items);
    const late = concatenate(fullQueries, ordinary('full', 1, D));
    await expectFailure(() => memory.add(late), 'ERR_RANGE', /items\.covariances\[3\]/);
    await expectFailure(() => memory.distances(late), 'ERR_RANGE', /queries\.covariances\[3\]/);
    expect(memory.size).toBe(4);
  });

  it('says by how much, up to rounding', async () => {
    const memory = await GaussianMemory.create({ ...items, basis: identity(D) });
    const query = (offDiagonal: number): Gaussians => ({
      count: 1,
      dimension: D,
      structure: 'full',
      means: new Float64Array(D),
      covariances: Float64Array.of(4, offDiagonal, 0, offDiagonal, 1, 0, 0, 0, 1),
    });
    await memory.distances(query(3e-10));
    await expectFailure(() => memory.distances(query(0.01)), 'ERR_RANGE', 'off by 0.00250', '1e-10');
    await memory.distances(toSingle(query(3e-5)));
    await expectFailure(() => memory.distances(toSingle(query(1e-4))), 'ERR_RANGE', 'off by 0.0000250', '0.00001');
  });
});

describe('options and values of the functions', () => {
  it('are checked', async () => {
    await expectFailure(() => toBasis(fullQueries, basis, { tolerance: -1 }), 'ERR_RANGE', 'options.tolerance', '-1');
    await expectFailure(() => commonBasis(fullQueries, { tolerance: Number.NaN }), 'ERR_RANGE', 'options.tolerance');
    const misspelt = { tolerence: 1 } as CallOptions;
    for (const call of [() => toFull(items, misspelt), () => toBasis(fullQueries, basis, misspelt)]) {
      await expectFailure(call, 'ERR_RANGE', 'tolerence');
    }
    const general = ordinary('full', 2, D);
    await expectFailure(() => toBasis(general, basis), 'ERR_RANGE', /gaussians\.covariances\[0\]/, /off by 0\.\d/);
    const infinite = { ...general, covariances: changed(general.covariances, 10, Number.POSITIVE_INFINITY) };
    for (const call of [() => toBasis(infinite, basis), () => toFull(infinite), () => commonBasis(infinite)]) {
      await expectFailure(call, 'ERR_NOT_FINITE', /gaussians\.covariances\[1\]\[0\]\[1\]/);
    }
    const asymmetric = { ...general, covariances: changed(general.covariances, 1, 5) };
    await expectFailure(() => commonBasis(asymmetric), 'ERR_NOT_POSITIVE_DEFINITE', /gaussians\.covariances\[0\]/);
    const negative = { ...items, covariances: changed(items.covariances, 4, -1) };
    for (const call of [
      () => toFull(negative),
      () => toFull(without(negative)),
      () => GaussianMemory.create(negative),
    ]) {
      await expectFailure(call, 'ERR_NOT_POSITIVE_DEFINITE', /covariances\[1\]\[1\]/, '-1');
    }
  });
});

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'denseam-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'commuting.safetensors');

  it.each(['float64', 'float32'] as const)('a saved memory is the same to the bit: %s', async (precision) => {
    const memory = await GaussianMemory.create(precision === 'float32' ? toSingle(items) : items);
    await memory.save(path);
    const loaded = await GaussianMemory.load(path);
    expect([loaded.structure, loaded.precision, loaded.basis]).toEqual(['diagonal', precision, basis]);
    for (const batch of [queries, fullQueries]) {
      const [a, b] = [await loaded.retrieve(batch, { beta }), await memory.retrieve(batch, { beta })];
      expectSameBits('means', a.states.means, b.states.means);
      expectSameBits('covariances', a.states.covariances, b.states.covariances);
    }
    await loaded.add(await memory.get([0]));
    expect(loaded.size).toBe(5);
  });

  /** A file as `save` writes it, but for what is said here. */
  async function expectRefused(
    code: ErrorCode,
    numbers: Float64Array | undefined,
    metadata: Record<string, string>,
    ...mentions: readonly (string | RegExp)[]
  ): Promise<void> {
    const side = Math.sqrt(numbers?.length ?? 0);
    const given = [
      { name: 'means', shape: [4, D], data: Float64Array.from(items.means) },
      { name: 'covariances', shape: [4, D], data: Float64Array.from(items.covariances) },
      ...(numbers ? [{ name: 'basis', shape: [side, side], data: numbers }] : []),
    ];
    const tensors = given.map(({ name, shape }) => ({ name, shape, dtype: 'F64' as const }));
    async function* chunks() {
      for (const { name, data } of given) yield { tensor: name, data };
    }
    const defaults = { memory: 'gaussian', structure: 'diagonal', version: '2' };
    await writeSafetensors(path, { tensors, metadata: { ...defaults, ...metadata }, chunks: chunks() });
    await expectFailure(() => GaussianMemory.load(path), code, 'commuting.safetensors', ...mentions);
  }

  it('without a basis, with a wrong one or one that should not be there, they are refused', async () => {
    const expectCorrupt = expectRefused.bind(undefined, 'ERR_CORRUPT_FILE');
    await expectCorrupt(undefined, {}, 'basis');
    await expectCorrupt(identity(2).data, {}, 'basis', '2,2');
    await expectCorrupt(basis.data, { version: '1' }, 'basis');
    await expectRefused('ERR_UNSUPPORTED', basis.data, { version: '4' }, 'version is 4');
    await expectCorrupt(basis.data, { structure: 'isotropic' }, 'basis');
    await expectCorrupt(new Float64Array(9), {}, 'orthogonal');
    await expectCorrupt(changed(basis.data, 2, Number.NaN), {}, 'NaN');
  });

  it('altered in the basis, they are refused', async () => {
    await (await GaussianMemory.create(items)).save(path);
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 3) ^ 1, bytes.length - 3);
    writeFileSync(path, bytes);
    await expectFailure(() => GaussianMemory.load(path), 'ERR_CORRUPT_FILE', 'basis');
  });

  it('of plain memories are as they were', async () => {
    await (await GaussianMemory.create(without(items))).save(path);
    expect(readFileSync(path, 'latin1')).toContain('"version":"1"');
    expect((await GaussianMemory.load(path)).basis).toBeUndefined();
  });
});
