/** What holds of every experiment, seen in its quick scale. */
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Experiment, ExperimentResult, ResultTable, Verdict } from '../../experiments/core/experiment.ts';
import { experiments } from '../../experiments/registry.ts';
import { chartFile, pageChart } from '../../experiments/report/resultChart.ts';
import { staticSvg } from '../../experiments/report/staticChart.ts';
import { setThreads, threads } from '../../lib/native/threads.ts';
import { MemoryParts } from './parts.ts';

function record({ columns, rows }: ResultTable): Record<string, unknown>[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, at) => [name, row[at]])));
}

/** Times differ from run to run; everything else must not. */
const repeatable = (result: ExperimentResult) => ({
  ...result,
  tables: result.tables.filter(({ isMeasured }) => !isMeasured),
});

/**
 * Tests of whole quick runs: the same on one thread and when interrupted on two, other tables with another seed, tables
 * and charts fit together, and the findings have the verdicts that are expected.
 */
// biome-ignore lint/suspicious/noExplicitAny: it is given its own settings
export function describeWholeRuns(experiment: Experiment<any>, expected: readonly Verdict[]): void {
  describe(experiment.id, () => {
    const initialThreads = threads();
    afterAll(() => setThreads(initialThreads));

    const shares: number[] = [];
    const whole = new MemoryParts();
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
      const parts = new MemoryParts();
      const controller = new AbortController();
      // Stopped while the last part runs, or the only one.
      const onProgress = () => {
        if (parts.computed.length === whole.computed.length) controller.abort(new Error('enough'));
      };
      const run = experiment.run(experiment.quick, { parts, signal: controller.signal, onProgress });
      await expect(run).rejects.toThrow('enough');
      const finished = [...parts.texts.keys()];
      parts.computed.length = 0;
      expect(repeatable(await experiment.run(experiment.quick, { parts }))).toEqual(repeatable(result));
      expect(parts.computed).toEqual(whole.computed.filter((name) => !finished.includes(name)));
      expect(finished.length).toBeGreaterThanOrEqual(whole.computed.length - 1);
    }, 120_000);

    it('stops at once where it is told to', async () => {
      const aborted = AbortSignal.abort(new Error('at once'));
      await expect(experiment.run(experiment.quick, { parts: new MemoryParts(), signal: aborted })).rejects.toThrow(
        'at once',
      );
    });

    it('says something else for another seed', async () => {
      const other = await experiment.run({ ...experiment.quick, seed: 7 }, { parts: new MemoryParts() });
      expect(repeatable(other).tables.map(({ rows }) => rows)).not.toEqual(
        repeatable(result).tables.map(({ rows }) => rows),
      );
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

    it('draws its charts without a warning', async () => {
      // Where the loggers of vega and vega-lite write.
      const warn = vi.spyOn(console, 'warn');
      for (const chart of result.charts) {
        const table = result.tables.find(({ name }) => name === chart.table) as ResultTable;
        await pageChart(chart, table);
        await chartFile(chart, table);
        expect(warn.mock.calls, chart.name).toEqual([]);
      }
      warn.mockRestore();
    });

    it('finds what it is expected to find', () => {
      const verdicts = result.findings.map(({ verdict }) => verdict);
      expect(verdicts).toEqual(expected);
      for (const { verdict, published, why } of result.findings) {
        expect(published === '').toBe(verdict === 'not published');
        expect(why !== undefined).toBe(verdict === 'not reproduced' || verdict === 'undetermined');
      }
    });
  });
}
