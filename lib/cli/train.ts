import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { CallOptions } from '../core/types.ts';
import type { VonMisesFisherMemory } from '../sphere/memory.ts';
import { trainOptions } from '../sphere/options.ts';
import type { EpochRecord, SphereTrainingData, TrainingCallOptions, TrainOptions } from '../sphere/types.ts';
import { type CommonOptions, defineAction, type Run, stageProgress } from './command.ts';
import { UsageError } from './errors.ts';
import { integer } from './options.ts';
import type { StageProgress } from './progress.ts';
import { addTableOptions, givenOptions } from './tableOptions.ts';
import { pairsText } from './text.ts';

interface Options extends CommonOptions {
  readonly out: string;
  readonly labels?: string;
  readonly rows?: number;
  readonly centre: boolean;
  readonly classes?: number;
  readonly hiddenUnits?: number;
  readonly splitFrom?: number;
  readonly checkpoint?: string;
  readonly resume?: boolean;
  readonly restart?: boolean;
}

/** The settings of a training. None is required, since --resume takes those of the checkpoint. */
const settings = {
  training: { ...trainOptions, hiddenUnits: { ...trainOptions.hiddenUnits, isRequired: false } },
};

/** Help on the contents of data files, for training and prediction. */
export const labelledHelp = `
The data: an IDX file of images, plain or gzipped, with an IDX file of --labels; or an .npz file with the arrays values (n, d) and,
if there are any, labels (n,). Labels are counted from 0; -1 is none. Rows are put on the unit sphere.`;

export function addTrainCommand(program: Command): void {
  const command = program
    .command('train')
    .summary('trains a von Mises-Fisher memory on images or vectors')
    .description(
      'Trains a von Mises-Fisher memory. It saves its state after every epoch; --resume continues from there.',
    )
    .argument('<data>', 'IDX file of images, or .npz file')
    .requiredOption('--out <file>', 'safetensors file to write')
    .option('--labels <file>', 'IDX file of labels (default: those of the .npz file, or none: unsupervised)')
    .option('--rows <n>', 'number of rows, from the start (default: all)', integer(1))
    .option('--no-centre', "do not subtract each row's own mean")
    .option('--classes <n>', 'number of classes (default: that of the labels)', integer(1))
    .option('--checkpoint <file>', 'file of the saved state (default: beside --out, ending in .checkpoint)');
  const others = command.options.length;
  addTableOptions(command, settings);
  command.option('--split-from <n>', 'initial number of memories of a network that grows by splitting', integer(1));
  const names = command.options.slice(others).map((option) => option.attributeName());
  command
    .addOption(
      new Option('--resume', 'continue from the checkpoint, with its settings').conflicts([...names, 'restart']),
    )
    .option('--restart', 'start again although a checkpoint exists');
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
    : await VonMisesFisherMemory.train(data, { ...settingsOf(options), ...calling, checkpoint });
  await memory.save(options.out, { signal });
  await rm(checkpoint, { force: true });
  return memory;
}

function settingsOf(options: Options): TrainOptions {
  const { splitFrom } = options;
  const given = givenOptions(trainOptions, options) as TrainOptions;
  return splitFrom === undefined ? given : { ...given, splitting: { from: splitFrom } };
}

/** Progress with the last epoch and its results. */
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
