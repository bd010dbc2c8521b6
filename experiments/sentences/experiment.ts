import { sum } from 'd3-array';
import { type CallOptions, GaussianMemory, type Gaussians, Random, readGaussians } from 'denseam';
import { integer, rangeError } from '../core/check.ts';
import type { Experiment, ExperimentContext } from '../core/experiment.ts';
import { type PackedFloats, unpackFloats } from '../core/packed.ts';
import { Stages } from '../core/stages.ts';
import {
  basinQueries,
  drawTargets,
  measureSweep,
  memoriesTable,
  recallChart,
  recallTable,
  type SweepCurve,
  type SweepTask,
  selectGaussians,
  transitionFindings,
} from '../shared/betaSweep.ts';
import {
  drawSentences,
  dropWords,
  embedVariants,
  loadEncoder,
  type Sentence,
  type SentenceEncoder,
} from './encoder.ts';
import { diagonalGaussians, fullGaussians, type Groups, principalDirections, project } from './gaussians.ts';
import { defaultSentencesSettings, quickSentencesSettings, type SentencesSettings } from './settings.ts';

/**
 * Recall of sentences. The paper takes its Gaussians from GaussCSE, whose weights come in no package: a file of them can be given
 * (docs/words.md). Otherwise a sentence becomes the mean and the spread of the embeddings of its variants, each with some words dropped;
 * a query is the same of a sentence that has already lost words, as the paper's images lose pixels. It does not say what its queries on
 * sentences are; those of a file are {@link basinQueries}.
 */
export const sentences: Experiment<SentencesSettings> = createSentences(loadEncoder, drawSentences);

/** The experiment with another encoder and other sentences. */
export function createSentences(
  load: () => Promise<SentenceEncoder>,
  draw: (settings: SentencesSettings, options: CallOptions) => Promise<readonly Sentence[]>,
): Experiment<SentencesSettings> {
  return {
    id: 'sentences',
    title: 'Recall of sentences as Gaussians',
    summary:
      'Sentences become Gaussians in the space of an encoder; with words missing they are recalled at every beta of a sweep.',
    source: 'Tankala and Balasubramanian 2026, experiments on text: GaussCSE on NLI sentences',
    settings: defaultSentencesSettings,
    quick: quickSentencesSettings,
    async run(settings, context) {
      drawTargets(settings.queries, settings.sentences, settings.seed);
      // A variance takes two.
      integer('settings.variants', settings.variants, 2, 2 ** 16);
      const recall =
        settings.source === 'encoder' ? recallEncoded(settings, context, load, draw) : recallFile(settings, context);
      // Diagonal first, as in the paper; it has no full covariances.
      const curves = await recall;
      return {
        findings: curves.flatMap((curve, n) =>
          transitionFindings(curve, n === 0 ? 'sharp phase transition in beta' : ''),
        ),
        tables: [memoriesTable(curves), recallTable(curves)],
        charts: [recallChart('sentences')],
        pictures: [],
      };
    },
  };
}

/** Expected time of the stages, for the progress only: encoding takes nearly all. */
const work = { encoding: 1, diagonal: 0.02, full: 0.2 };

async function recallFile(
  settings: SentencesSettings,
  { parts, ...options }: ExperimentContext,
): Promise<SweepCurve[]> {
  const { source, kind, seed } = settings;
  const curve = await new Stages(1, options).run('recalling', 1, (options) =>
    parts.part('recall-file', async () => {
      const all = await readGaussians(source, { kind, signal: options.signal });
      if (all.count < settings.sentences)
        throw rangeError('settings.sentences', `at most ${all.count}`, settings.sentences);
      const items = selectGaussians(all, firstNumbers(settings.sentences));
      const targets = drawTargets(settings.queries, items.count, seed);
      const queries = await basinQueries(items, targets, seed);
      return recall({ label: items.structure, items, queries, targets }, settings, options);
    }),
  );
  return [curve];
}

const firstNumbers = (count: number) => Int32Array.from({ length: count }, (_, n) => n);

async function recall(task: SweepTask, settings: SentencesSettings, options: CallOptions): Promise<SweepCurve> {
  const memory = await GaussianMemory.create(task.items, { signal: options.signal });
  return measureSweep(memory, task, settings, options);
}

/** Embeddings of the variants of the stored sentences and of the queries. */
interface Embedded {
  readonly items: Groups;
  readonly queries: Groups;
  readonly targets: Int32Array;
}

async function recallEncoded(
  settings: SentencesSettings,
  context: ExperimentContext,
  load: () => Promise<SentenceEncoder>,
  draw: (settings: SentencesSettings, options: CallOptions) => Promise<readonly Sentence[]>,
): Promise<SweepCurve[]> {
  const { parts, ...options } = context;
  const stages = new Stages(work.encoding + work.diagonal + work.full, options);
  const sentences = await draw(settings, { signal: options.signal });
  const embedded = await embed(sentences, settings, context, stages, load);
  const diagonal = await stages.run('diagonal: recalling', work.diagonal, (options) =>
    parts.part('recall-diagonal', () => recall(diagonalTask(embedded, settings), settings, options)),
  );
  const full = await stages.run('full: recalling', work.full, (options) =>
    parts.part('recall-full', async () => recall(await fullTask(embedded, settings), settings, options)),
  );
  return [diagonal, full];
}

/** Sentences in a finished part of the encoding. */
const sentencesInPart = 50;

async function embed(
  stored: readonly Sentence[],
  settings: SentencesSettings,
  { parts }: ExperimentContext,
  stages: Stages,
  load: () => Promise<SentenceEncoder>,
): Promise<Embedded> {
  const { seed, queries, droppedShare, variants } = settings;
  const targets = drawTargets(queries, stored.length, seed);
  const random = new Random(seed);
  const damaged = Array.from(targets, (n) => dropWords(stored[n] as Sentence, droppedShare, random));
  let encoder: Promise<SentenceEncoder> | undefined;
  const weight = work.encoding / (stored.length + queries);
  const embedAll = async (name: string, texts: readonly Sentence[]): Promise<Groups> => {
    const packed: { dimension: number; values: PackedFloats; count: number }[] = [];
    for (let begin = 0; begin < texts.length; begin += sentencesInPart) {
      const some = texts.slice(begin, begin + sentencesInPart);
      // A generator of its own for each part: finished ones draw nothing.
      const own = random.fork();
      const part = await stages.run(`encoding ${name}`, weight * some.length, (options) =>
        parts.part(`${name}-${begin}`, async () => {
          encoder ??= load();
          return embedVariants(await encoder, some, settings, own, options);
        }),
      );
      packed.push({ ...part, count: some.length * variants });
    }
    return { ...unpackAll(packed), size: variants };
  };
  return { items: await embedAll('sentences', stored), queries: await embedAll('queries', damaged), targets };
}

function unpackAll(packed: readonly { dimension: number; values: PackedFloats; count: number }[]) {
  const dimension = packed[0]?.dimension ?? 0;
  const count = sum(packed, (part) => part.count);
  const values = new Float32Array(count * dimension);
  let filled = 0;
  for (const part of packed) {
    const length = part.count * dimension;
    values.set(unpackFloats(part.values, length), filled);
    filled += length;
  }
  return { count, dimension, values };
}

function diagonalTask({ items, queries, targets }: Embedded, { ridgeShare }: SentencesSettings): SweepTask {
  const ridge = ridgeShare * meanVariance(diagonalGaussians(items, 0));
  return {
    label: 'diagonal',
    items: diagonalGaussians(items, ridge),
    queries: diagonalGaussians(queries, ridge),
    targets,
  };
}

/** Along the principal directions of the stored means: a covariance of all coordinates is more than some variants determine. */
async function fullTask({ items, queries, targets }: Embedded, settings: SentencesSettings): Promise<SweepTask> {
  const { means, count, dimension } = diagonalGaussians(items, 0);
  const directions = await principalDirections({ count, dimension, values: means }, settings.fullDimension);
  const projected = project(items, directions);
  const ridge = settings.ridgeShare * meanVariance(diagonalGaussians(projected, 0));
  const some = settings.fullQueries;
  const allQueries = fullGaussians(project(queries, directions), ridge);
  return {
    label: `full, ${settings.fullDimension} principal directions`,
    items: fullGaussians(projected, ridge),
    queries: selectGaussians(allQueries, firstNumbers(Math.min(some, allQueries.count))),
    targets: targets.slice(0, some),
  };
}

function meanVariance({ covariances }: Gaussians): number {
  let sum = 0;
  for (const variance of covariances) sum += variance;
  return sum / covariances.length;
}
