import { join } from 'node:path';
import { out } from '../folders.ts';
import type { Outcome, Settings } from '../part.ts';
import { runSanitized, type SanitizedRun, type Sanitizer } from './sanitizers.ts';

/** Sums of the counts, all faults. */
export function merged(outcomes: readonly Outcome[]): Outcome {
  const counts: Record<string, number> = {};
  for (const [what, count] of outcomes.flatMap((outcome) => Object.entries(outcome.counts))) {
    counts[what] = (counts[what] ?? 0) + count;
  }
  return { counts, faults: outcomes.flatMap(({ faults }) => faults) };
}

/** Every report is a fault; others are counted, for they are about Node. */
export function outcomeOfRun({ reports, foreign }: SanitizedRun): Outcome {
  return {
    counts: { reports: reports.length, "reports of Node's own": foreign },
    faults: reports.map(({ kind, where, file }) => `${kind} in ${where}: ${file}`),
  };
}

/** Of a run in Node: one that loaded the addon as users have it would be silent, too. */
export function outcomeOfNode(run: SanitizedRun): Outcome {
  const faults = run.loads > 0 ? [] : ['the instrumented addon was not loaded'];
  return merged([outcomeOfRun(run), { counts: { 'loads of the instrumented addon': run.loads }, faults }]);
}

/** Of a program that prints its counts at the end, as one line of JSON. */
export function outcomeOfProgram(command: readonly string[], run: SanitizedRun): Outcome {
  const lines = run.output.trimEnd().split('\n');
  const last = lines.at(-1) ?? '';
  const hasEnded = run.status === 0 && last.startsWith('{');
  const said = lines.find((line) => /^\w*Error\b/.test(line)) ?? last;
  const faults = hasEnded ? [] : [`ended with ${run.status}: ${said}; again: ${command.join(' ')}`];
  return { counts: hasEnded ? JSON.parse(last) : {}, faults };
}

/** So many random operations in the main thread, and in each of some worker threads. */
export async function runWorkload(
  sanitizer: Sanitizer,
  name: string,
  operations: number,
  settings: Settings,
): Promise<Outcome> {
  const program = join(out, 'js/sanitizers/workloadProcess.js');
  const command = [process.execPath, '--expose-gc', program, String(settings.seed), String(operations)];
  const run = await runSanitized(sanitizer, name, command, settings);
  if (settings.signal.aborted) return { counts: {}, faults: [] };
  return merged([outcomeOfNode(run), outcomeOfProgram(command, run)]);
}
