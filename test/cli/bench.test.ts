import { describe, expect, it } from 'vitest';
import { commandLine } from './support.ts';

const { denseam, interrupt } = commandLine();

describe('denseam bench', () => {
  it('measures distances, recall and transport in under 20 seconds', () => {
    const start = performance.now();
    const { status, stdout, stderr } = denseam('bench', '--threads', '1', '--json');
    expect(status, stderr).toBe(0);
    expect(performance.now() - start).toBeLessThan(20_000);
    const { threads, measured } = JSON.parse(stdout);
    expect(threads).toBe(1);
    expect(measured.map(({ unit }: { unit: string }) => unit)).toEqual([
      'distances',
      'queries',
      'queries',
      'divergences',
    ]);
    for (const { count, fastestSeconds, perSecond, runs } of measured) {
      expect(perSecond).toBeCloseTo(count / fastestSeconds);
      expect(runs).toBeGreaterThanOrEqual(3);
    }
  }, 30_000);

  it('stops at Ctrl-C', async () => {
    const { status, stdout, stderr } = await interrupt(['bench'], 'Wasserstein');
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
    expect(stderr.trimEnd().endsWith('Stopped.')).toBe(true);
  });

  it('shows its options with examples', () => {
    expect(denseam('bench', '--help').stdout).toContain('Examples:\n  denseam bench');
  });
});
