/** The experiments on random items: whole quick runs, the same on one thread and when interrupted on two. */
import { afterAll, describe, expect, it } from 'vitest';
import { setThreads, threads } from '../../lib/core/threads.ts';
import type { Experiment, ExperimentResult, PartStore, ResultTable } from '../../lib/experiments/experiment.ts';
import { gaussianCapacity } from '../../lib/experiments/gaussianCapacity.ts';
import { gaussianDynamics } from '../../lib/experiments/gaussianDynamics.ts';
import { gaussianPlanar } from '../../lib/experiments/gaussianPlanar.ts';
import { pointCloudCapacity } from '../../lib/experiments/pointCloudCapacity.ts';
import { experiments } from '../../lib/experiments/registry.ts';
import { staticSvg } from '../../lib/report/staticChart.ts';

const initialThreads = threads();
afterAll(() => setThreads(initialThreads));

/** Parts as files would hold them: texts. */
class Texts implements PartStore {
  readonly texts = new Map<string, string>();
  /** Names of the parts that had to be computed. */
  readonly computed: string[] = [];

  async part<T>(name: string, compute: () => Promise<T>): Promise<T> {
    expect(name).toMatch(/^[a-zA-Z0-9-]+$/);
    if (!this.texts.has(name)) {
      this.computed.push(name);
      this.texts.set(name, JSON.stringify(await compute()));
    }
    return JSON.parse(this.texts.get(name) as string);
  }
}

function record({ columns, rows }: ResultTable): Record<string, unknown>[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, at) => [name, row[at]])));
}

// biome-ignore lint/suspicious/noExplicitAny: each is given its own settings
const synthetic: readonly Experiment<any>[] = [gaussianDynamics, gaussianPlanar, gaussianCapacity, pointCloudCapacity];

describe.each(synthetic)('$id', (experiment) => {
  const shares: number[] = [];
  const whole = new Texts();
  let result: ExperimentResult;

  it('runs on one thread, with progress that never falls and ends at the whole', async () => {
    setThreads(1);
    const onProgress = ({ share }: { share: number }) => shares.push(share);
    result = await experiment.run(experiment.quick, { parts: whole, onProgress });
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeCloseTo(1, 9);
    expect(new Set(whole.computed).size).toBe(whole.computed.length);
  }, 120_000);

  it('goes on where it was stopped, on two threads, to the same digits', async () => {
    setThreads(2);
    const parts = new Texts();
    const controller = new AbortController();
    // Stopped while the last part runs, or the only one.
    const onProgress = () => {
      if (parts.computed.length === whole.computed.length) controller.abort(new Error('enough'));
    };
    const run = experiment.run(experiment.quick, { parts, signal: controller.signal, onProgress });
    await expect(run).rejects.toThrow('enough');
    const finished = [...parts.texts.keys()];
    parts.computed.length = 0;
    expect(await experiment.run(experiment.quick, { parts })).toEqual(result);
    expect(parts.computed).toEqual(whole.computed.filter((name) => !finished.includes(name)));
    expect(finished.length).toBeGreaterThanOrEqual(whole.computed.length - 1);
  }, 120_000);

  it('says something else for another seed', async () => {
    const aborted = AbortSignal.abort(new Error('at once'));
    await expect(experiment.run(experiment.quick, { parts: new Texts(), signal: aborted })).rejects.toThrow('at once');
    const other = new Texts();
    const first = new AbortController();
    const onProgress = () => other.texts.size > 0 && first.abort(new Error('one is enough'));
    const settings = { ...experiment.quick, seed: 7 };
    await experiment.run(settings, { parts: other, signal: first.signal, onProgress }).catch(() => undefined);
    const [name] = [...other.texts.keys()] as [string];
    expect(other.texts.get(name)).not.toBe(whole.texts.get(name));
  }, 120_000);

  it('has tables in shape, and charts that can be drawn from them', async () => {
    expect(experiments).toContain(experiment);
    for (const { columns, rows } of result.tables) {
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) expect(row).toHaveLength(columns.length);
      for (const cell of rows.flat()) expect(typeof cell === 'number' ? Number.isFinite(cell) : true).toBe(true);
    }
    for (const { table: name, specification } of result.charts) {
      const table = result.tables.find((table) => table.name === name) as ResultTable;
      const fields = [...JSON.stringify(specification).matchAll(/"field":"(\w+)"/g)].map(([, field]) => field);
      expect(table.columns.map(({ name }) => name)).toEqual(expect.arrayContaining(fields));
      const drawing = await staticSvg({ ...specification, data: { values: record(table) } });
      expect(drawing).toContain('mark-');
      expect(drawing).not.toMatch(/NaN|undefined/);
      // The page chooses colours, for light and dark.
      expect(JSON.stringify(specification)).not.toMatch(/#[0-9a-f]{3,6}|"(black|white|gr[ae]y)"/);
    }
  });

  it('finds what it is expected to find', () => {
    const verdicts = result.findings.map(({ verdict }) => verdict);
    expect(verdicts).toEqual(expected[experiment.id]);
    for (const { verdict, published, why } of result.findings) {
      expect(published === '').toBe(verdict === 'not published');
      expect(why !== undefined).toBe(verdict === 'not reproduced');
    }
  });
});

const [yes, no, open] = ['reproduced', 'not reproduced', 'not published'] as const;
const expected: Readonly<Record<string, readonly string[]>> = {
  // The published case at both betas and dimensions; two others.
  'gaussian-dynamics': [yes, yes, yes, yes, open, open, open, open, open, open, open, open],
  'gaussian-planar': [yes, open],
  'gaussian-capacity': [open, yes, open],
  // Dimensions 1, 2 and 8 are too few for a rate.
  'pointcloud-capacity': [no, yes, open],
};
