import type { Command } from 'commander';
import { checkOutput, nestedArrays, outputHelp, type ResultArray, writeArrays } from './arrays.ts';
import { type CommonOptions, defineAction, type Run, stageProgress } from './command.ts';
import type { DataOptions } from './labelledData.ts';
import { integer } from './options.ts';
import { columnsText } from './text.ts';
import { labelledHelp } from './train.ts';

interface Options extends CommonOptions, DataOptions {
  readonly out?: string;
  readonly probabilities?: boolean;
}

export function addPredictCommand(program: Command): void {
  const command = program
    .command('predict')
    .summary('predicts classes with a trained memory')
    .description('Predicts the class of every row and, with labels, counts the correct ones.')
    .argument('<model>', 'safetensors file that denseam train wrote')
    .argument('<data>', 'IDX file of images, or .npz file')
    .option('--labels <file>', 'IDX file of labels (default: those of the .npz file, or none)')
    .option('--rows <n>', 'number of rows, from the start (default: all)', integer(1))
    .option('--no-centre', "do not subtract each row's own mean")
    .option('--probabilities', 'give the probability of every class, too; the first one is for "none"')
    .option('--out <file>', `${outputHelp} (default: a table on stdout)`);
  defineAction(command, predict).addHelpText(
    'after',
    `${labelledHelp}

Examples:
  denseam predict digits.safetensors t10k-images-idx3-ubyte --labels t10k-labels-idx1-ubyte
  denseam predict digits.safetensors t10k-images-idx3-ubyte --out predicted.npz --probabilities`,
  );
}

async function predict(run: Run, options: Options, path: string, data: string): Promise<void> {
  const { signal } = run;
  const { out } = options;
  checkOutput(out);
  const { readLabelled } = await import('./labelledData.ts');
  const { VonMisesFisherMemory } = await import('../index.ts');
  const { rows, classes, probabilities } = await run.withProgress(async (onProgress) => {
    const stage = (doing: string, from: number, to: number) => {
      return { signal, onProgress: stageProgress(onProgress, doing, from, to) };
    };
    const memory = await VonMisesFisherMemory.load(path, stage('loading', 0, 0.1));
    const rows = await readLabelled(data, options, stage('preparing', 0.1, 0.4));
    const classes = await memory.predict(rows, stage('predicting', 0.4, options.probabilities ? 0.7 : 1));
    const probabilities = options.probabilities && (await memory.predictProbabilities(rows, stage('weighing', 0.7, 1)));
    return { rows, classes, probabilities };
  });
  const labels = classes.map((each) => each - 1);
  const arrays: ResultArray[] = [{ name: 'labels', shape: [labels.length], data: labels }];
  if (probabilities) {
    const { rows: height, columns, data: numbers } = probabilities;
    arrays.push({ name: 'probabilities', shape: [height, columns], data: numbers });
  }
  if (out !== undefined) await writeArrays(out, arrays, run);
  const score = rows.labels && scoreOf(classes, rows.labels);
  const text = () => {
    const lines = Array.from(labels, (label, row) => [row, label]);
    const found = out === undefined ? columnsText('Predicted', ['row', 'label'], lines) : `Written to ${out}`;
    return score
      ? `${found}\n\nright: ${score.right} of ${score.labelled} (${(100 * score.accuracy).toFixed(1)} %)`
      : found;
  };
  run.print(text, () => ({ ...(out === undefined ? nestedArrays(arrays) : { out }), ...score }));
}

/** Numbers of labelled rows and of correct predictions among them. */
function scoreOf(classes: Int32Array, labels: Int32Array) {
  const labelled = labels.reduce((count, label) => count + (label > 0 ? 1 : 0), 0);
  const right = classes.reduce((count, each, i) => count + (each > 0 && each === labels[i] ? 1 : 0), 0);
  return labelled === 0 ? undefined : { right, labelled, accuracy: right / labelled };
}
