/** What callers do to their own arrays and memories: coded errors that name the argument. */
import { describe, expect, it } from 'vitest';
import {
  cloudSeparation,
  EuclideanMemory,
  estimateBasinRadius,
  PointCloudMemory,
  type Vectors,
  VonMisesFisherMemory,
} from '../../lib/index.ts';
import { slice, vectorBatch } from '../../lib/memory/batches.ts';
import { cloudBatch, sliceClouds } from '../../lib/pointcloud/batches.ts';
import { beta, clouds, epsilon, parameters, vectors } from './goodValues.ts';

type Resizable = ArrayBuffer & { resize(bytes: number): void };
const ResizableBuffer = ArrayBuffer as unknown as new (bytes: number, options: object) => Resizable;

/** The numbers in an array that follows the length of its buffer. */
function tracking(numbers: Float64Array): { array: Float64Array; shrink: () => void } {
  const buffer = new ResizableBuffer(numbers.byteLength, { maxByteLength: numbers.byteLength });
  const array = new Float64Array(buffer);
  array.set(numbers);
  return { array, shrink: () => buffer.resize(Float64Array.BYTES_PER_ELEMENT) };
}

describe('an array that is resized during a call', () => {
  it('is refused by the pass over it that comes later', async () => {
    const model = await VonMisesFisherMemory.from(parameters);
    const { array, shrink } = tracking(vectors.values);
    const running = model.fidelity({ ...vectors, values: array });
    shrink();
    await expect(running).rejects.toMatchObject({ code: 'ERR_SHAPE', argument: 'x' });
    model.close();
  });

  it('is refused where parts of it are taken', () => {
    const values = tracking(vectors.values);
    const batch = vectorBatch('items', { ...vectors, values: values.array });
    values.shrink();
    expect(() => slice(batch, 0, 1)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE', argument: 'items' }));

    const weights = tracking(clouds.weights);
    const cloudsOfIt = cloudBatch('items', { ...clouds, weights: weights.array });
    weights.shrink();
    expect(() => sliceClouds(cloudsOfIt, 0, 1)).toThrow(
      expect.objectContaining({ code: 'ERR_SHAPE', argument: 'items' }),
    );
  });
});

it('an array whose own property says another length is refused by its name', async () => {
  const values = Object.defineProperty(new Float64Array(2), 'length', { value: 4 });
  const items: Vectors = { ...vectors, values };
  await expect(EuclideanMemory.create(items)).rejects.toMatchObject({ code: 'ERR_SHAPE', argument: 'positions' });
});

describe('what looks like a memory of clouds', () => {
  it.each([
    ['inherits from one', (memory: object) => Object.create(memory)],
    ['stands for one', (memory: object) => new Proxy(memory, {})],
    ['has its verbs', () => ({ epsilon, nearest: () => {}, retrieve: () => {} })],
  ])('is refused where it %s', async (_, disguised) => {
    using memory = await PointCloudMemory.create(clouds, { epsilon });
    const refused = { code: 'ERR_SHAPE', argument: 'memory', expected: 'a PointCloudMemory' };
    await expect(cloudSeparation(disguised(memory))).rejects.toMatchObject(refused);
    await expect(estimateBasinRadius(disguised(memory), 0, { beta })).rejects.toMatchObject(refused);
  });

  it('is refused as closed where it was closed', async () => {
    const memory = await PointCloudMemory.create(clouds, { epsilon });
    memory.close();
    await expect(cloudSeparation(memory)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});

it('a list of indices that closes the memory gets an error with a code', async () => {
  const memory = await PointCloudMemory.create(clouds, { epsilon });
  const indices = Object.defineProperty([0], '0', {
    get: () => {
      memory.close();
      return 0;
    },
  });
  await expect(memory.get(indices)).rejects.toMatchObject({ name: 'DenseamError', code: 'ERR_CLOSED' });
});
