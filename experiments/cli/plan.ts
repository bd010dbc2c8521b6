import { DenseamError } from 'denseam';
import { type Run, software } from 'denseam/cli';
import type { Experiment, ExperimentResult, ExperimentSettings } from '../core/experiment.ts';
import type { ExperimentProgress } from '../core/stages.ts';
import packageJson from '../package.json' with { type: 'json' };
import type { Run as RunRecord } from '../report/run.ts';
import { filePartStore } from './partFiles.ts';

/** An experiment that is to be run, with which settings, and the command that repeats it. */
export interface Plan {
  readonly experiment: Experiment;
  readonly settings: ExperimentSettings;
  readonly command: string;
}

/** An experiment with its result and its record of the run. */
export interface FinishedPlan extends Plan {
  readonly result: ExperimentResult;
  readonly record: RunRecord;
}

/** Runs the experiment; its finished parts are kept in `out`. */
export async function runPlan(
  { signal }: Run,
  plan: Plan,
  out: string,
  onProgress: (progress: ExperimentProgress) => void,
): Promise<FinishedPlan> {
  const start = performance.now();
  const { experiment, settings, command } = plan;
  const parts = filePartStore(out, experiment.id, settings, packageJson.version);
  const result = await experiment.run(settings, { parts, signal, onProgress }).catch((error) => {
    throw aboutSettings(error);
  });
  const { threads } = await import('denseam');
  const seconds = (performance.now() - start) / 1000;
  return { ...plan, result, record: { command, software: await software(), threads: threads(), seconds } };
}

/**
 * Renames the argument of an error from an option of the library to a setting, from which the experiment passed it on.
 */
function aboutSettings(error: unknown): unknown {
  if (!(error instanceof DenseamError) || !error.argument?.startsWith('options.')) return error;
  return error.withArgument(error.argument.replace('options.', 'settings.'));
}
