import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { CallOptions } from '../core/types.ts';
import type { VonMisesFisherMemory } from '../sphere/memory.ts';
import type { EpochRecord, SphereTrainingData, TrainingCallOptions, TrainOptions } from '../sphere/types.ts';
import { type CommonOptions, defineAction, type Run, stageProgress } from './command.ts';
import { UsageError } from './errors.ts';
import { integer, number } from './options.ts';
import type { StageProgress } from './progress.ts';
import { pairsText } from './text.ts';

interface Options extends CommonOptions {
  readonly out: string;
  readonly labels?: string;
  readonly rows?: number;
  readonly centre: boolean;
  readonly classes?: number;
  readonly hiddenUnits?: number;
  readonly beta?: number;
  readonly betaScale?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly momentum?: number;
  readonly maxEpochs?: number;
  readonly patience?: number;
  readonly validationShare?: number;
  readonly splitFrom?: number;
  readonly seed?: number;
  readonly checkpoint?: string;
  readonly resume?: boolean;
  readonly restart?: boolean;
}

/** Settings of one training; a checkpoint has its own. */
const settings = [
  ['--hidden-units <n>', 'how many memories', integer(1)],
  ['--beta <n>', 'inverse temperature, fixed (default: trained with the rest)', number],
  ['--beta-scale <n>', "the paper's sigma (default: 0.25 where beta is trained, else 1)", number],
  ['--batch-size <n>', 'rows in a minibatch (default: 1000, or a twentieth of the rows)', integer(1)],
  ['--learning-rate <n>', 'default: 0.1', number],
  ['--momentum <n>', 'default: 0.99', number],
  ['--max-epochs <n>', 'epochs at most (default: 300)', integer(1)],
  ['--patience <n>', 'epochs without a lower validation loss that end training (default: 1)', integer(1)],
  ['--validation-share <n>', 'share of the rows, from the end, kept for validation (default: 0.1)', number],
  ['--split-from <n>', 'begin with so many memories and grow the network by splitting', integer(1)],
  ['--seed <n>', 'what all random choices follow from (default: 0)', integer(0)],
] as const;

/** Help on what data files hold, for training and prediction. */
export const labelledHelp = `
The data: an IDX file of images, plain or gzipped, with an IDX file of --labels; or an .npz file with the arrays values (n, d) and,
if there are any, labels (n,). Labels are counted from 0; -1 is none. Rows are put on the unit sphere.`;

export function addTrainCommand(program: Command): void {
  const command = program
    .command('train')
    .summary('trains a von Mises-Fisher memory on images or vectors')
    .description('Trains a von Mises-Fisher memory. The state is kept after every epoch; --resume goes on from there.')
    .argument('<data>', 'IDX file of images, or .npz file')
    .requiredOption('--out <file>', 'safetensors file to write')
    .option('--labels <file>', 'IDX file of labels (default: those of the .npz file, or none: unsupervised)')
    .option('--rows <n>', 'only so many rows from the start', integer(1))
    .option('--no-centre', "do not subtract each row's own mean")
    .option('--classes <n>', 'how many classes (default: as many as labels)', integer(1))
    .option('--checkpoint <file>', 'where the state is kept (default: beside --out, ending in .checkpoint)');
  for (const [flags, description, parse] of settings) {
    command.addOption(new Option(flags, description).argParser(parse as (text: string) => number));
  }
  const names = command.options.slice(-settings.length).map((option) => option.attributeName());
  command
    .addOption(new Option('--resume', 'go on from the checkpoint, with its settings').conflicts([...names, 'restart']))
    .option('--restart', 'begin anew although there is a checkpoint');
  defineAction(command, train).addHelpText(
    'after',
    `${labelledHelp}

Examples:
  denseam train train-images-idx3-ubyte --labels train-labels-idx1-ubyte --hidden-units 100 --out digits.safetensors
  denseam train train-images-idx3-ubyte --labels train-labels-idx1-ubyte --out digits.safetensors --resume
  denseam train vectors.npz --hidden-units 400 --split-from 50 --classes 10 --out grown.safetensors`,
  );
}

async function train(run: Run, options: Options, path: string): Promise<void> {
  const checkpoint = options.checkpoint ?? `${options.out}.checkpoint`;
  checkStart(options, checkpoint);
  const training = run.withProgress((onProgress) => trainAndSave(run, options, path, checkpoint, onProgress));
  const memory = await training.catch((error: unknown) => {
    if (run.signal.aborted && existsSync(checkpoint))
      run.note(`Finished epochs are kept in ${checkpoint}: --resume goes on.`);
    throw error;
  });
  const last = memory.history.at(-1);
  const { hiddenUnits, classes, beta, betaScale, dimension } = memory;
  const summary = {
    model: options.out,
    dimension,
    hiddenUnits,
    classes,
    beta,
    betaScale,
    epochs: memory.history.length,
  };
  const accuracy = last && Number.isFinite(last.validationAccuracy) && { validationAccuracy: last.validationAccuracy };
  const seconds = Number((last?.seconds ?? 0).toFixed(2));
  run.print(
    () => pairsText({ ...summary, ...accuracy, seconds }),
    () => ({ ...summary, history: memory.history }),
  );
}

function checkStart({ hiddenUnits, resume, restart }: Options, checkpoint: string): void {
  const isThere = existsSync(checkpoint);
  if (resume && !isThere) throw new UsageError(`There is no checkpoint "${checkpoint}" to go on from`);
  if (!resume && hiddenUnits === undefined) throw new UsageError('Expected --hidden-units, or --resume');
  if (isThere && !resume && !restart) {
    throw new UsageError(`There is a checkpoint "${checkpoint}": --resume goes on from it, --restart begins anew`);
  }
}

async function trainAndSave(
  { signal }: Run,
  options: Options,
  path: string,
  checkpoint: string,
  onProgress: (progress: StageProgress) => void,
): Promise<VonMisesFisherMemory> {
  const { readLabelled } = await import('./labelledData.ts');
  const { VonMisesFisherMemory } = await import('../index.ts');
  const rows = await readLabelled(path, options, { signal, onProgress: stageProgress(onProgress, 'preparing', 0, 0) });
  const classes = options.classes ?? (rows.labels ? Math.max(1, ...new Set(rows.labels)) : 1);
  const data: SphereTrainingData = { ...rows, classes };
  const calling = epochProgress(signal, onProgress);
  const memory = options.resume
    ? await VonMisesFisherMemory.resume(checkpoint, data, calling)
    : await VonMisesFisherMemory.train(data, { ...trainOptions(options), ...calling, checkpoint });
  await memory.save(options.out, { signal });
  await rm(checkpoint, { force: true });
  return memory;
}

function trainOptions(options: Options): TrainOptions {
  const { hiddenUnits = 1, splitFrom, beta, betaScale, batchSize, learningRate, momentum } = options;
  const { maxEpochs, patience, validationShare, seed } = options;
  return {
    hiddenUnits,
    ...{ beta, betaScale, batchSize, learningRate, momentum, maxEpochs, patience, validationShare, seed },
    ...(splitFrom !== undefined && { splitting: { from: splitFrom } }),
  };
}

/** Progress that names the last epoch and what it reached. */
function epochProgress(signal: AbortSignal, onProgress: (progress: StageProgress) => void): TrainingCallOptions {
  let doing = 'training';
  return {
    signal,
    onProgress: ({ completed, total }: Parameters<NonNullable<CallOptions['onProgress']>>[0]) =>
      onProgress({ share: completed / total, doing }),
    onEpoch: ({ epoch, hiddenUnits, loss, validationLoss, validationAccuracy }: EpochRecord) => {
      const shown = Number.isFinite(validationLoss)
        ? `validation loss ${validationLoss.toFixed(3)}, right ${(100 * validationAccuracy).toFixed(1)} %`
        : `loss ${loss.toFixed(3)}`;
      doing = `epoch ${epoch}, ${hiddenUnits} memories, ${shown}`;
    },
  };
}
