/** What comes out of a memory of clouds goes in again, whatever array holds it then. */
import { expect, it } from 'vitest';
import { PointCloudMemory, sinkhorn } from '../../lib/index.ts';
import { expectFailure } from '../support/assertions.ts';

const epsilon = 0.5;

/** 1,000 equal weights in float32, whose sum is 1 to 1.3e-5. */
const count = 1000;
const rounded = Float32Array.from({ length: count }, () => 0.001);
rounded.fill(0.00100003, 0, 400);
const points = Float64Array.from({ length: count }, (_, k) => (k % 97) / 97);
const cloud = (weights: Float32Array | Float64Array) => {
  return { count: 1, dimension: 1, offsets: Int32Array.of(0, count), points, weights };
};

it('the sum of the weights is off by more than decimal files leave', () => {
  expect(Math.abs(rounded.reduce((sum, weight) => sum + weight, 0) - 1)).toBeGreaterThan(1e-5);
});

it('weights of float32 in a Float64Array', async () => {
  const memory = await PointCloudMemory.create(cloud(Float64Array.from(rounded)), { epsilon });
  const { data } = await memory.divergences(cloud(rounded));
  expect(data[0]).toBe(0);
  const again = await PointCloudMemory.create(await memory.get([0]), { epsilon });
  expect(again.size).toBe(1);
});

it('weights of float32 in a list beside given costs', async () => {
  const cost = { rows: 2, columns: 1, data: Float64Array.of(1, 2) };
  const rowWeights = Array.from(Float32Array.of(0.30001, 0.7));
  const { plan } = await sinkhorn({ cost, rowWeights, columnWeights: [1] }, { epsilon });
  expect(plan?.data[1]).toBeCloseTo(0.7, 4);
});

it('others must sum to 1 more closely', async () => {
  const weights = Float64Array.from(rounded);
  weights[0] = 0.0010000300001;
  await expectFailure(() => PointCloudMemory.create(cloud(weights), { epsilon }), 'ERR_RANGE', 'items[0]', /1\.0000\d/);
});
