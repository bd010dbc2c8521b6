import { expect, it } from 'vitest';
import { recoveryChannels, runRecovery } from '../../../experiments/pointcloud-recovery/measures.ts';
import { defaultRecoverySettings } from '../../../experiments/pointcloud-recovery/settings.ts';

// A part of the experiment that takes about a second: fewer clouds, of fewer points, less far away.
const settings = { ...defaultRecoverySettings, count: 6, points: 8, divergence: 0.1 };
const shares: number[] = [];
const { rows, separation } = await runRecovery(settings, { onProgress: ({ share }) => shares.push(share) });
const row = (channel: string) => {
  const found = rows.find((row) => row.channel === channel);
  if (!found) throw new Error(`no row ${channel}`);
  return found;
};

it('has a row for the queries and one for every channel', () => {
  expect(rows.map(({ channel }) => channel)).toEqual(['none', ...recoveryChannels]);
  expect(separation).toBeGreaterThan(0.1);
});

it('queries are where they are said to be', () => {
  const { medianDivergence, greatestDivergence, recovered, medianIterations } = row('none');
  expect(Math.abs(medianDivergence - 0.1)).toBeLessThan(1e-6);
  expect(Math.abs(greatestDivergence - 0.1)).toBeLessThan(1e-6);
  expect([recovered, medianIterations]).toEqual([0, 0]);
});

it('both channels recover all clouds within 1e-4', () => {
  const { greatestDivergence, recovered, nearest } = row('both');
  expect(greatestDivergence).toBeLessThanOrEqual(1e-4);
  expect([recovered, nearest]).toEqual([1, 1]);
});

it.each(['transport', 'reweighting', 'euclidean', 'shuffled'])('%s alone recovers none, and ends higher', (channel) => {
  const { recovered, medianDivergence, medianEnergy } = row(channel);
  expect(recovered).toBe(0);
  // At least twenty times the threshold.
  expect(medianDivergence).toBeGreaterThan(2e-3);
  expect(medianEnergy).toBeGreaterThan(row('both').medianEnergy);
});

it('either channel of the flow lowers the divergence of the queries', () => {
  for (const channel of ['both', 'transport', 'reweighting']) expect(row(channel).medianDivergence).toBeLessThan(0.1);
});

it('reports progress that never falls and ends at the whole', () => {
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(shares.at(-1)).toBeCloseTo(1, 12);
});

it('stops when it is aborted', async () => {
  const controller = new AbortController();
  const onProgress = () => controller.abort(new Error('enough'));
  await expect(runRecovery(settings, { signal: controller.signal, onProgress })).rejects.toThrow('enough');
});
