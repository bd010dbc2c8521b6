/** Memories on disk. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../lib/core/errors.ts';
import { EuclideanMemory, VonMisesFisherMemory } from '../../lib/index.ts';
import { openSafetensors, writeSafetensors } from '../../lib/io/safetensors/safetensors.ts';
import { expectFailure, expectSameBits } from '../support/assertions.ts';
import { rowsFrom, single, teacherData } from './data.ts';

const folder = mkdtempSync(join(tmpdir(), 'denseam-sphere-'));
const path = join(folder, 'memory.safetensors');
let data: Awaited<ReturnType<typeof teacherData>>;
let memory: VonMisesFisherMemory;

beforeAll(async () => {
  data = single(await teacherData({ count: 300 })) as typeof data;
  memory = await VonMisesFisherMemory.train(data, {
    hiddenUnits: 10,
    beta: { trainedFrom: 9 },
    batchSize: 50,
    maxEpochs: 4,
  });
  await memory.save(path);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('save and load', () => {
  it('give the same memory to the bit, with its history', async () => {
    const loaded = await VonMisesFisherMemory.load(path);
    expectSameBits('memories', loaded.memories, memory.memories);
    expectSameBits('class weights', loaded.classWeights.data, memory.classWeights.data);
    const { dimension, hiddenUnits, classes, beta, betaScale, precision, history } = memory;
    expect(loaded).toMatchObject({ dimension, hiddenUnits, classes, beta, betaScale, precision, history });
    expect(precision).toBe('float32');
    const rows = rowsFrom(data, 0, 50);
    expectSameBits('log densities', (await loaded.logDensity(rows)).data, (await memory.logDensity(rows)).data);
  });

  it('also of a memory made from parts, in float64', async () => {
    const made = await VonMisesFisherMemory.from({
      dimension: 2,
      hiddenUnits: 1,
      classes: 1,
      beta: 0.1 + 0.2,
      betaScale: 1 / 3,
      memories: Float64Array.of(0.6, 0.8),
      classWeights: { rows: 2, columns: 2, data: Float64Array.of(0.1, 0.2, 0.3, 0.4) },
    });
    const other = join(folder, 'made.safetensors');
    await made.save(other);
    const loaded = await VonMisesFisherMemory.load(other);
    expect(loaded).toMatchObject({ beta: 0.1 + 0.2, betaScale: 1 / 3, precision: 'float64', history: [] });
  });

  it('the tensors are as Python would expect them', async () => {
    const file = await openSafetensors(path);
    const shapes = [...file.tensors.values()].map(({ name, dtype, shape }) => [name, dtype, [...shape]]);
    await file.close();
    expect(shapes.sort()).toEqual([
      ['classWeights', 'F64', [11, 4]],
      ['history', 'F64', [memory.history.length, 8]],
      ['memories', 'F32', [10, 16]],
    ]);
  });
});

describe('load refuses', () => {
  it('a file that was cut or altered', async () => {
    const bytes = readFileSync(path);
    const damaged = join(folder, 'damaged.safetensors');
    for (let at = 200; at < bytes.length; at += 97) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] as number) ^ 4;
      writeFileSync(damaged, altered);
      await expectFailure(() => VonMisesFisherMemory.load(damaged), 'ERR_CORRUPT_FILE', damaged);
    }
    for (const length of [0, 7, 100, bytes.length - 1]) {
      writeFileSync(damaged, bytes);
      truncateSync(damaged, length);
      await expectFailure(() => VonMisesFisherMemory.load(damaged), 'ERR_CORRUPT_FILE', damaged);
    }
  });

  it('a memory of another kind, and the other way round', async () => {
    const other = join(folder, 'euclidean.safetensors');
    await (await EuclideanMemory.create({ count: 1, dimension: 2, values: Float64Array.of(0, 1) })).save(other);
    await expectFailure(() => VonMisesFisherMemory.load(other), 'ERR_CORRUPT_FILE', 'von Mises-Fisher', 'euclidean');
    await expectFailure(() => EuclideanMemory.load(path), 'ERR_CORRUPT_FILE', 'euclidean', 'von-mises-fisher');
  });

  it.each<[string, object, string, ErrorCode?]>([
    ['weights that are no probabilities', { weights: [0.5, 0.5, 0.5, 0.5] }, 'sum 1'],
    ['a negative weight', { weights: [1.5, -0.5, 0, 0] }, 'at least 0'],
    ['memories of another norm', { memories: [3, 4] }, 'norm'],
    ['a beta of zero', { model: '{"beta":0,"betaScale":1}' }, 'beta'],
    ['metadata that are not JSON', { model: '{' }, 'model'],
    ['another version', { version: '2' }, 'version is 2', 'ERR_UNSUPPORTED'],
    ['weights of another shape', { weightsShape: [4, 1], weights: [0.25, 0.25, 0.25, 0.25] }, 'no class'],
  ])('%s, though the checksums are right', async (_, given, mention, code = 'ERR_CORRUPT_FILE') => {
    const parts = {
      memories: [0.6, 0.8],
      weights: [0.1, 0.2, 0.3, 0.4],
      weightsShape: [2, 2],
      version: '1',
      model: '{"beta":1,"betaScale":1}',
      ...given,
    };
    const forged = join(folder, 'forged.safetensors');
    await writeSafetensors(forged, {
      tensors: [
        { name: 'memories', dtype: 'F64', shape: [1, 2] },
        { name: 'classWeights', dtype: 'F64', shape: parts.weightsShape },
        { name: 'history', dtype: 'F64', shape: [0, 8] },
      ],
      metadata: { memory: 'von-mises-fisher', version: parts.version, model: parts.model },
      chunks: [
        { tensor: 'memories', data: Float64Array.from(parts.memories) },
        { tensor: 'classWeights', data: Float64Array.from(parts.weights) },
      ],
    });
    await expectFailure(() => VonMisesFisherMemory.load(forged), code, mention);
  });
});
