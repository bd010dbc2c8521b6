import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type CommonOptions, defineAction, describeError, integer, type Run, shellWord, UsageError } from 'denseam/cli';
import type { Experiment } from '../core/experiment.ts';
import type { ExperimentProgress } from '../core/stages.ts';
import { type FinishedPlan, type Plan, runPlan } from './plan.ts';
import { withChanges } from './settings.ts';

interface RunOptions extends CommonOptions {
  readonly all?: boolean;
  readonly quick?: boolean;
  readonly seed?: number;
  readonly set: readonly string[];
  readonly out?: string;
}

/** Folder of a report. Quick runs have folders of their own, so that they do not replace the reports of long ones. */
const folderOf = ({ out, quick }: RunOptions) => out ?? join('out', quick ? 'experiments-quick' : 'experiments');

export function addExperimentCommand(program: Command): void {
  const group = program.command('experiment').description('runs the experiments of the papers');
  defineAction(group.command('list').description('lists the experiments'), listExperiments).addHelpText(
    'after',
    `
Examples:
  denseam experiment list
  denseam experiment list --json`,
  );
  const run = group
    .command('run')
    .description(
      'Runs experiments, prints what was found beside what was published, and writes a page and the numbers. Finished ' +
        'parts are kept: a run that was stopped goes on where it was when it is started again.',
    )
    .argument('[id...]', 'which ones: see denseam experiment list')
    .option('--all', 'every one of them')
    .option('--quick', 'at a small scale, in seconds; default is the published scale')
    .option('--seed <n>', "seed of all random choices (default: the experiment's)", integer(0))
    .option(
      '--set <name=value>',
      'another value of a setting, lists with commas (experiment list --json has all settings); more than once for several',
      (change: string, changes: string[]) => [...changes, change],
      [],
    )
    .option(
      '--out <folder>',
      'where a folder for each experiment goes (default: out/experiments, or out/experiments-quick)',
    );
  defineAction(run, runExperiments).addHelpText(
    'after',
    `
Examples:
  denseam experiment run pointcloud-recovery
  denseam experiment run pointcloud-recovery --quick --seed 7 --out results
  denseam experiment run words --set corpus=text8 --set structures=diagonal
  denseam experiment run --all --quick --json`,
  );
}

async function listExperiments({ print }: Run): Promise<void> {
  const { experiments } = await import('../registry.ts');
  const text = () =>
    experiments.map(({ id, title, summary, source }) => `${id}\n  ${title} (${source})\n  ${summary}`).join('\n\n');
  print(text, () =>
    experiments.map(({ id, title, summary, source, settings, quick }) => {
      return { id, title, summary, source, settings, quick };
    }),
  );
}

async function runExperiments(run: Run, options: RunOptions, ...ids: string[]): Promise<void> {
  const { experiments } = await import('../registry.ts');
  const { experimentText } = await import('../report/experiment.ts');
  const plans = choose(experiments, ids, options.all ?? false).map((experiment) => plan(experiment, options));
  const out = folderOf(options);
  // Quick ones all take about as long.
  const weights = plans.map(({ experiment: { seconds } }) => (options.quick ? 1 : seconds));
  const { finished, failed } = await run
    .withProgress((onProgress) => runPlans(run, plans, out, sharedProgress(weights, onProgress)))
    .catch((error: unknown) => {
      if (run.signal.aborted) run.note(`What is finished is kept in ${out}; the same command goes on from there.`);
      throw error;
    });
  const text = () =>
    finished
      .map(({ experiment: { title, source }, result, folder }) =>
        [`${title} (${source})`, experimentText(result), `Written to ${folder}`].join('\n\n'),
      )
      .join('\n\n');
  run.print(text, () =>
    finished.map(({ experiment: { id, title, source }, settings, result, folder }) => {
      return { id, title, source, settings, folder, ...result };
    }),
  );
  if (failed.length > 0)
    throw new Error(`${failed.length} of ${plans.length} experiments failed: ${failed.join(', ')}`);
}

function plan(experiment: Experiment, { quick, seed, set }: RunOptions): Plan {
  const given = quick ? experiment.quick : experiment.settings;
  const settings = withChanges(experiment.id, { ...given, seed: seed ?? given.seed }, set);
  if (!(Number.isSafeInteger(settings.seed) && settings.seed >= 0)) {
    throw new UsageError(`Expected an integer of 0 or more for ${experiment.id}: seed but received ${settings.seed}`);
  }
  const words = [
    ...(quick ? ['--quick'] : []),
    '--seed',
    `${settings.seed}`,
    ...set.flatMap((each) => ['--set', shellWord(each)]),
  ];
  return { experiment, settings, command: ['denseam experiment run', experiment.id, ...words].join(' ') };
}

/** The progress of each of several as a part of the whole. */
function sharedProgress(weights: readonly number[], onProgress: (progress: ExperimentProgress) => void) {
  const sum = (some: readonly number[]) => some.reduce((total, weight) => total + weight, 0);
  return (index: number, { share, doing }: ExperimentProgress) => {
    const done = sum(weights.slice(0, index)) + share * (weights[index] as number);
    onProgress({ share: done / sum(weights), doing });
  };
}

/** A finished experiment and the folder of its report. */
interface WrittenPlan extends FinishedPlan {
  readonly folder: string;
}

async function runAndWrite(
  run: Run,
  plan: Plan,
  out: string,
  onProgress: (progress: ExperimentProgress) => void,
): Promise<WrittenPlan> {
  const folder = join(out, plan.experiment.id);
  await mkdir(folder, { recursive: true });
  const finished = await runPlan(run, plan, out, onProgress);
  const { experimentFiles } = await import('../report/experimentFiles.ts');
  // No signal: the long work is done, so the report is always written.
  const { experiment, settings, result, record } = finished;
  await experimentFiles(folder, experiment, settings, result, record);
  return { ...finished, folder };
}

/** Runs one after the other. Of several, one that fails does not keep the others from running. */
async function runPlans(
  run: Run,
  plans: readonly Plan[],
  out: string,
  onProgress: (index: number, progress: ExperimentProgress) => void,
): Promise<{ readonly finished: readonly WrittenPlan[]; readonly failed: readonly string[] }> {
  const finished: WrittenPlan[] = [];
  const failed: string[] = [];
  for (const [index, each] of plans.entries()) {
    const { id } = each.experiment;
    const report = ({ share, doing }: ExperimentProgress) => onProgress(index, { share, doing: `${id}: ${doing}` });
    try {
      finished.push(await runAndWrite(run, each, out, report));
    } catch (error) {
      if (run.signal.aborted || plans.length === 1) throw error;
      run.note(`${id} failed: ${describeError(error)}`);
      failed.push(id);
    }
  }
  return { finished, failed };
}

function choose(experiments: readonly Experiment[], ids: readonly string[], all: boolean): readonly Experiment[] {
  if (all && ids.length > 0) throw new UsageError(`Expected ids or --all but received both`);
  if (all) return experiments;
  const known = experiments.map(({ id }) => id).join(', ');
  if (ids.length === 0) throw new UsageError(`Expected the id of an experiment (${known}) or --all`);
  return [...new Set(ids)].map((id) => {
    const found = experiments.find((experiment) => experiment.id === id);
    if (found === undefined) throw new UsageError(`There is no experiment "${id}", only ${known}`);
    return found;
  });
}
