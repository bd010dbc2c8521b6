import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { CallOptions, NearestOptions, SweepOptions } from '../core/types.ts';
import { greatestSize } from '../core/validate.ts';
import { ridgeOptions } from '../gaussian/options.ts';
import { createOptions as itemsCreateOptions } from '../memory/createOptions.ts';
import { nearestOptions, sweepOptions } from '../memory/verbOptions.ts';
import { cloudSweepOptions, createOptions } from '../pointcloud/options.ts';
import type { PointCloudOptions } from '../pointcloud/types.ts';
import { checkOutput, nestedArrays, outputHelp, type ResultArray, writeArrays } from './arrays.ts';
import { type CommonOptions, defineAction, type Run, stageProgress } from './command.ts';
import {
  type ArrayOptions,
  addArrayOptions,
  arraysHelp,
  type Kind,
  kinds,
  openMemory,
  openModel,
  readClouds,
  readGaussianItems,
  readVectors,
} from './memoryFiles.ts';
import { cloudRetrieval, gaussianRetrieval, retrievalArrays, vectorRetrieval } from './retrievalArrays.ts';
import { addTableOptions, checkGiven, givenOptions } from './tableOptions.ts';
import { columnsText, pairsText } from './text.ts';

interface CreateOptions extends CommonOptions, ArrayOptions {
  readonly kind: Kind;
}

interface QueryOptions extends CommonOptions, ArrayOptions {
  readonly out?: string;
}

/** Contents of each kind of memory. */
const contents = { gaussian: 'Gaussians', euclidean: 'vectors', pointcloud: 'point clouds' } as const;

/** The options of `create`. */
const creating = { Gaussians: itemsCreateOptions, vectors: itemsCreateOptions, 'point clouds': createOptions };

/** The options of `retrieve`, which is a sweep over the values of --beta. */
const sweeping = {
  Gaussians: { ...sweepOptions, ...ridgeOptions },
  vectors: sweepOptions,
  'point clouds': cloudSweepOptions,
};

const neighbourOptions = nearestOptions(greatestSize);

const searching = {
  Gaussians: { ...neighbourOptions, ...ridgeOptions },
  vectors: neighbourOptions,
  'point clouds': neighbourOptions,
};

export function addMemoryCommand(program: Command): void {
  const group = program.command('memory').description('stores items in files and recalls them');
  addCreate(group);
  addInfo(group);
  addRetrieve(group);
  addNearest(group);
}

function addCreate(group: Command): void {
  const command = group
    .command('create')
    .description('Stores the items of an .npz file in a memory and writes the memory to a safetensors file.')
    .argument('<arrays>', '.npz file')
    .argument('<memory>', 'safetensors file to write')
    .addOption(new Option('--kind <kind>', 'kind of the items').choices(kinds).makeOptionMandatory());
  defineAction(addArrayOptions(addTableOptions(command, creating)), createMemory).addHelpText(
    'after',
    `${arraysHelp}

Examples:
  denseam memory create items.npz gaussians.safetensors --kind gaussian --spread covariance
  denseam memory create encoder.npz codes.safetensors --kind gaussian --spread logVariance --means mu --covariances log_var
  denseam memory create clouds.npz clouds.safetensors --kind pointcloud --epsilon 0.1`,
  );
}

function addInfo(group: Command): void {
  const command = group
    .command('info')
    .description('Checks the whole file of a memory and describes its contents.')
    .argument('<memory>', 'safetensors file');
  defineAction(command, showInfo).addHelpText(
    'after',
    `
Examples:
  denseam memory info gaussians.safetensors
  denseam memory info digits.safetensors --json`,
  );
}

function addRetrieve(group: Command): void {
  const command = group
    .command('retrieve')
    .description('Recalls items: follows the update from every query to a fixed point.')
    .argument('<memory>', 'safetensors file')
    .argument('<queries>', '.npz file');
  addTableOptions(command, sweeping).option('--out <file>', `${outputHelp} (default: a table on stdout)`);
  defineAction(addArrayOptions(command), retrieve).addHelpText(
    'after',
    `${arraysHelp}

Examples:
  denseam memory retrieve gaussians.safetensors queries.npz --spread covariance --beta 2
  denseam memory retrieve gaussians.safetensors queries.npz --spread covariance --beta 0.5,1,2 --out recalled.npz
  denseam memory retrieve clouds.safetensors queries.npz --beta 30 --reweight-step 0 --json`,
  );
}

function addNearest(group: Command): void {
  const command = group
    .command('nearest')
    .description('Finds the items nearest to every query.')
    .argument('<memory>', 'safetensors file')
    .argument('<queries>', '.npz file');
  addTableOptions(command, searching).option('--out <file>', `${outputHelp} (default: a table on stdout)`);
  defineAction(addArrayOptions(command), findNearest).addHelpText(
    'after',
    `${arraysHelp}

Examples:
  denseam memory nearest gaussians.safetensors queries.npz --spread covariance -k 5
  denseam memory nearest clouds.safetensors queries.npz -k 3 --out neighbours.npz`,
  );
}

async function createMemory(run: Run, options: CreateOptions, arrays: string, path: string): Promise<void> {
  const { signal } = run;
  const { kind } = options;
  checkGiven(contents[kind], creating, options, `received it for ${contents[kind]}`);
  const { EuclideanMemory, GaussianMemory, PointCloudMemory } = await import('../index.ts');
  const memory = await run.withProgress(async (onProgress) => {
    const storing: CallOptions = { signal, onProgress: stageProgress(onProgress, 'storing', 0, 0.9) };
    const read = { signal };
    const made =
      kind === 'gaussian'
        ? await GaussianMemory.create(await readGaussianItems(arrays, options, read), { ...storing, index: false })
        : kind === 'euclidean'
          ? await EuclideanMemory.create(await readVectors(arrays, options.values, read), { ...storing, index: false })
          : await PointCloudMemory.create(await readClouds(arrays, read), {
              ...storing,
              ...(givenOptions(createOptions, options) as PointCloudOptions),
            });
    await made.save(path, { signal, onProgress: stageProgress(onProgress, 'writing', 0.9, 1) });
    return made;
  });
  const { size, dimension, precision } = memory;
  const text = () => `${path}: ${kind}, ${size} items in ${dimension} dimensions, ${precision}`;
  run.print(text, () => ({ file: path, kind, size, dimension, precision }));
}

async function showInfo(run: Run, _: CommonOptions, path: string): Promise<void> {
  const { kind, memory } = await run.withProgress((onProgress) =>
    openModel(path, false, { signal: run.signal, onProgress: stageProgress(onProgress, 'reading') }),
  );
  const { size: bytes } = await stat(path);
  const { dimension, precision } = memory;
  const common = { file: path, bytes, kind, dimension, precision };
  const info =
    kind === 'von-mises-fisher'
      ? {
          ...common,
          hiddenUnits: memory.hiddenUnits,
          classes: memory.classes,
          beta: memory.beta,
          betaScale: memory.betaScale,
          epochs: memory.history.length,
        }
      : kind === 'gaussian'
        ? { ...common, size: memory.size, structure: memory.structure, basis: memory.basis !== undefined }
        : kind === 'pointcloud'
          ? { ...common, size: memory.size, epsilon: memory.epsilon }
          : { ...common, size: memory.size };
  run.print(
    () => pairsText(info),
    () => info,
  );
}

/** Printed results: arrays by name, and the reason why each query stopped, for every beta. */
interface Retrieved {
  readonly arrays: readonly ResultArray[];
  readonly stopped: readonly (readonly string[])[];
}

async function retrieve(run: Run, options: QueryOptions, path: string, queries: string): Promise<void> {
  const { out } = options;
  const { betas } = givenOptions(sweepOptions, options) as { readonly betas: readonly number[] };
  checkOutput(out);
  const { arrays, stopped } = await run.withProgress(async (onProgress) => {
    const { signal } = run;
    const open = await openMemory(path, { signal, onProgress: stageProgress(onProgress, 'loading', 0, 0.2) });
    const calling = { signal, onProgress: stageProgress(onProgress, 'recalling', 0.2, 1) };
    return recall(open, options, queries, calling);
  });
  if (out !== undefined) await writeArrays(out, arrays, run);
  const document = () => (out === undefined ? { ...nestedArrays(arrays), stopped } : { out, betas, stopped });
  run.print(() => retrievedText({ arrays, stopped }, betas, out), document);
}

async function recall(
  open: Awaited<ReturnType<typeof openMemory>>,
  options: QueryOptions,
  queries: string,
  calling: CallOptions,
): Promise<Retrieved> {
  const whose = contents[open.kind];
  checkGiven(whose, sweeping, options, `the memory is of kind ${open.kind}`);
  const given = { ...calling, ...givenOptions(sweeping[whose], options) } as SweepOptions;
  if (open.kind === 'gaussian') {
    const items = await readGaussianItems(queries, options, calling);
    return retrieved(given, await open.memory.sweep(items, given), gaussianRetrieval);
  }
  if (open.kind === 'euclidean') {
    const items = await readVectors(queries, options.values, calling);
    return retrieved(given, await open.memory.sweep(items, given), vectorRetrieval);
  }
  return retrieved(given, await open.memory.sweep(await readClouds(queries, calling), given), cloudRetrieval);
}

function retrieved<R extends { readonly stopped: readonly string[] }>(
  { betas }: SweepOptions,
  found: readonly R[],
  arraysOf: (retrieval: R) => readonly ResultArray[],
): Retrieved {
  const arrays = retrievalArrays(Array.from(betas), found, arraysOf);
  return { arrays, stopped: found.map((each) => each.stopped) };
}

function retrievedText({ arrays, stopped }: Retrieved, betas: readonly number[], out: string | undefined): string {
  if (out !== undefined) return `Written to ${out}`;
  const data = (name: string) => arrays.find((array) => array.name === name)?.data ?? [];
  const distance = arrays.some(({ name }) => name === 'nearestDistance') ? 'nearestDistance' : 'nearestDivergence';
  const count = stopped[0]?.length ?? 0;
  const rows = betas.flatMap((beta, b) =>
    Array.from({ length: count }, (_, query) => {
      const at = (name: string) => data(name)[b * count + query] ?? Number.NaN;
      const why = stopped[b]?.[query] ?? '';
      return [query, beta, at('energy'), at('nearest'), at(distance), at('iterations'), why] as const;
    }),
  );
  const last = distance === 'nearestDistance' ? 'squared distance' : 'divergence';
  return columnsText('Recalled', ['query', 'beta', 'energy', 'nearest item', last, 'iterations', 'stopped'], rows);
}

async function findNearest(run: Run, options: QueryOptions, path: string, queries: string): Promise<void> {
  const { out } = options;
  checkOutput(out);
  const found = await run.withProgress(async (onProgress) => {
    const { signal } = run;
    const open = await openMemory(path, { signal, onProgress: stageProgress(onProgress, 'loading', 0, 0.5) });
    const whose = contents[open.kind];
    checkGiven(whose, searching, options, `the memory is of kind ${open.kind}`);
    const calling = { signal, onProgress: stageProgress(onProgress, 'comparing', 0.5, 1) };
    const given = { ...calling, ...givenOptions(searching[whose], options) } as NearestOptions;
    if (open.kind === 'gaussian') return open.memory.nearest(await readGaussianItems(queries, options, run), given);
    if (open.kind === 'euclidean') return open.memory.nearest(await readVectors(queries, options.values, run), given);
    return open.memory.nearest(await readClouds(queries, run), given);
  });
  const { rows, columns: k, indices } = found;
  const [name, title] = 'distances' in found ? ['distances', 'squared distance'] : ['divergences', 'divergence'];
  const values = 'distances' in found ? found.distances : found.divergences;
  const arrays: ResultArray[] = [
    { name: 'indices', shape: [rows, k], data: indices },
    { name, shape: [rows, k], data: values },
  ];
  if (out !== undefined) await writeArrays(out, arrays, run);
  const lines = Array.from(indices, (item, i) => [Math.floor(i / k), (i % k) + 1, item, values[i] as number]);
  const text = () =>
    out === undefined ? columnsText('Nearest items', ['query', 'rank', 'item', title], lines) : `Written to ${out}`;
  run.print(text, () => (out === undefined ? nestedArrays(arrays) : { out }));
}
