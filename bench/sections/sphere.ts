import { VonMisesFisherMemory } from '../../lib/index.ts';
import { native } from '../../lib/native/addon.ts';
import { onBuilds } from '../builds.ts';
import { readDigits } from '../digits.ts';
import { mlMatrixProducts } from '../peers/mlMatrixProducts.ts';
import { loops, PlainTraining, type Products } from '../peers/plainTraining.ts';
import { TorchTraining } from '../peers/torchTraining.ts';
import { productSize, reportRate } from '../rate.ts';
import type { Section, Settings } from '../section.ts';
import { type Cost, ratios, spread, takeTurns, timed } from '../timing.ts';
import { firstLosses, secondEpoch, startTraining, type Training } from '../training.ts';

const hiddenUnits = 1000;
const batchSize = 1000;
const quickRows = 5000;
/** What an epoch may take, against its two matrix products alone; and what it must gain over the others. */
const productsBar = 1.33;
const mixedBar = 0.95;
const torchBar = 2.5;
const plainBar = 20;
/** Steps over which both sides must come to the same losses; JavaScript takes fewer. */
const comparedSteps = 20;
const plainSteps = 10;
/**
 * How far losses may differ, of their spread and of their size. Both sides sum in float32, in another order, and take
 * the roundings of every step into the next; a loss is itself a number of float32 (6e-8 of its size) and a mean of
 * such. A step that leaves out the class weights differs by several times as much.
 */
const agreement = { ofSpread: 2e-5, ofSize: 4e-7 };
/** Rows in a batch of plain JavaScript, whose cost grows in proportion to them. */
const plainRows = 250;
const curveUnits = [125, 250, 500, 1000, 2000];
const mostRepeats = 3;

export const sphere: Section = {
  title:
    'An epoch of von Mises-Fisher training on MNIST, 60,000 x 784, 1,000 memories, batches of 1,000, float32, all threads',
  method:
    'Ours: the second epoch of VonMisesFisherMemory.train; in mixed precision both its products are in bfloat16. Matrix products: the two of every step, by OpenBLAS called from C++, each ' +
    'thread its part of the result. PyTorch: the second epoch from the same start, gradients by autograd; its threads wait for each ' +
    'other as by default and asleep, the faster of the two counts. JavaScript: whole steps on batches of ' +
    `${plainRows}, in loops on typed arrays, or with both products by ml-matrix; costs are per row. All sides come to the same losses. ` +
    `The rate counts the two products and nothing else; the machine's is that of ${productSize} x ${productSize} products, one on each thread.`,
  async run(settings) {
    const digits = await readDigits('train', settings.quick ? quickRows : undefined);
    const training = await startTraining(digits, hiddenUnits, batchSize);
    await besideProducts(training, settings, productsBar);
    await mixedBesideProducts(training, settings);
    await rate(training, settings);
    await besideTorch(training, settings);
    const few = await startTraining(digits, hiddenUnits, plainRows);
    await besidePlain('plain JavaScript', loops, few, training, settings, { atLeast: plainBar });
    await besidePlain('JavaScript on ml-matrix', mlMatrixProducts, few, training, settings);
    const trainings: Training[] = [];
    for (const units of curveUnits) trainings.push(await startTraining(digits, units, batchSize));
    await growth(trainings, settings);
  },
};

const stepsOf = ({ digits, settings }: Training) => digits.count / settings.batchSize;
const name = ({ digits, settings, options }: Training) =>
  `P = ${settings.hiddenUnits}, ${digits.count} digits${options.precision ? `, ${options.precision} precision` : ''}`;

const ownEpoch = (training: Training) => secondEpoch(training, { VonMisesFisherMemory });

/** The matrix products of an epoch and nothing else. */
function productsOf(training: Training, { bare, threads }: Pick<Settings, 'bare' | 'threads'>): Promise<Cost> {
  const { digits, settings } = training;
  const { hiddenUnits: units } = settings;
  return bare.trainingProducts(settings.batchSize, units, digits.dimension, threads, stepsOf(training));
}

async function mixedBesideProducts(training: Training, settings: Settings): Promise<void> {
  const one = Float64Array.of(1);
  if (!native.products.bfloat16Product(one, { rows: 1, length: 1, columns: 1, b: one, isTransposed: false })) {
    return settings.note('Mixed precision not measured: this processor lacks AVX512-BF16');
  }
  const mixed: Training = { ...training, options: { ...training.options, precision: 'mixed' } };
  await besideProducts(mixed, settings, mixedBar);
}

async function besideProducts(training: Training, settings: Settings, atMost: number): Promise<void> {
  const costs = await takeTurns(
    { ours: () => ownEpoch(training), products: () => productsOf(training, settings) },
    settings.repeats,
  );
  settings.report({
    name: name(training),
    measure: 'time / its matrix products',
    unit: 'x',
    value: ratios('wall', costs.ours, costs.products),
    processor: ratios('processor', costs.ours, costs.products),
    ours: spread(costs.ours.map(({ wall }) => wall)),
    peer: spread(costs.products.map(({ wall }) => wall)),
    bar: { atMost },
  });
}

async function rate(training: Training, settings: Settings): Promise<void> {
  const operations = 4 * training.digits.count * hiddenUnits * training.digits.dimension;
  const runs = await onBuilds(settings, (build) => async () => ({
    ...(await secondEpoch(training, build)),
    operations,
  }));
  await reportRate(name(training), 'float32', runs, settings);
}

async function besideTorch(training: Training, settings: Settings): Promise<void> {
  const [spinning, asleep] = [
    TorchTraining.start(settings.threads, 'spinning'),
    TorchTraining.start(settings.threads, 'asleep'),
  ];
  if (!spinning || !asleep) {
    return settings.note('PyTorch skipped: not installed (npm run setup -- --bench installs it)');
  }
  try {
    const ours = await firstLosses(training, Math.min(comparedSteps, stepsOf(training)));
    for (const torch of [spinning, asleep]) {
      await torch.load(training, settings.threads);
      checkAgreement('PyTorch', await torch.firstLosses(ours.length), ours);
    }
    await timeTorch(spinning, asleep, training, settings);
  } finally {
    spinning.stop();
    asleep.stop();
  }
}

async function timeTorch(
  spinning: TorchTraining,
  asleep: TorchTraining,
  training: Training,
  { repeats, report, note, quick }: Settings,
): Promise<void> {
  const steps = stepsOf(training);
  const costs = await takeTurns(
    {
      ours: () => ownEpoch(training),
      spinning: () => spinning.secondEpoch(steps),
      asleep: () => asleep.secondEpoch(steps),
      products: () => asleep.products(steps),
    },
    quick ? 1 : Math.min(repeats, mostRepeats),
  );
  const own = (wait: 'spinning' | 'asleep') => ratios('wall', costs[wait], costs.products).median;
  const faster = own('spinning') < own('asleep') ? 'spinning' : 'asleep';
  note(
    `${spinning.versions}: ${own('asleep').toFixed(1)} times the time of its own matrix products with threads that wait asleep ` +
      `(OMP_WAIT_POLICY=passive), ${own('spinning').toFixed(1)} with threads that spin, as by default`,
  );
  report({ ...speedOver('PyTorch', training, costs[faster], costs.ours), bar: { atLeast: torchBar } });
  if (faster === 'asleep') report(speedOver('PyTorch with spinning threads', training, costs.spinning, costs.ours));
}

function checkAgreement(peer: string, theirs: readonly number[], ours: readonly number[]): void {
  const range = spread(ours);
  const tolerance =
    agreement.ofSpread * (range.greatest - range.least) + agreement.ofSize * Math.max(...ours.map(Math.abs));
  ours.forEach((loss, step) => {
    if (Math.abs(loss - (theirs[step] as number)) <= tolerance) return;
    throw new Error(`The losses of step ${step + 1} disagree: ${loss}, by ${peer} ${theirs[step]}`);
  });
}

/** `few` is the training on batches that JavaScript gets. */
async function besidePlain(
  peer: string,
  products: Products,
  few: Training,
  training: Training,
  { repeats, report, quick }: Settings,
  bar?: { readonly atLeast: number },
): Promise<void> {
  const plain = new PlainTraining(few, products);
  const losses = Array.from({ length: plainSteps }, () => plain.step());
  checkAgreement(peer, losses, await firstLosses(few, plainSteps));
  const perRow = ({ wall, processor }: Cost, rows: number): Cost => ({
    wall: wall / rows,
    processor: processor / rows,
  });
  const costs = await takeTurns(
    {
      ours: async () => perRow(await ownEpoch(training), training.digits.count),
      plain: async () => perRow(await timed(() => plain.step()), plainRows),
    },
    quick ? 1 : Math.min(repeats, mostRepeats),
  );
  const { processor: _, ...figure } = speedOver(peer, training, costs.plain, costs.ours);
  report({ ...figure, name: `${figure.name}, per row`, bar });
}

function speedOver(peer: string, training: Training, theirs: readonly Cost[], ours: readonly Cost[]) {
  return {
    name: name(training),
    measure: `speed / ${peer}`,
    unit: 'x',
    value: ratios('wall', theirs, ours),
    processor: ratios('processor', theirs, ours),
    ours: spread(ours.map(({ wall }) => wall)),
    peer: spread(theirs.map(({ wall }) => wall)),
  } as const;
}

/** Seconds of an epoch against the number of memories, and of its matrix products alone. */
async function growth(trainings: readonly Training[], settings: Settings): Promise<void> {
  const { curve, quick, repeats } = settings;
  const points: Record<'training' | 'matrix products', { x: number; y: number }[]> = {
    training: [],
    'matrix products': [],
  };
  for (const training of trainings) {
    const costs = await takeTurns(
      { training: () => ownEpoch(training), 'matrix products': () => productsOf(training, settings) },
      quick ? 1 : Math.min(repeats, mostRepeats),
    );
    for (const name of ['training', 'matrix products'] as const) {
      points[name].push({ x: training.settings.hiddenUnits, y: spread(costs[name].map(({ wall }) => wall)).median });
    }
  }
  for (const [name, list] of Object.entries(points)) curve({ chart: 'epoch', panel: 'P', name, points: list });
}
