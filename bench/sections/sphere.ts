import { readDigits } from '../digits.ts';
import { plainGradients } from '../peers/plainTraining.ts';
import { TorchTraining } from '../peers/torchTraining.ts';
import type { Section, Settings } from '../section.ts';
import { type Cost, ratios, spread, takeTurns, timed } from '../timing.ts';
import { epochsOf, firstLosses, startTraining, type Training } from '../training.ts';

const hiddenUnits = 1000;
const batchSize = 1000;
const quickRows = 5000;
/** What an epoch may take, against its two matrix products alone; and what it must gain over the others. */
const productsBar = 1.33;
const torchBar = 2.5;
const plainBar = 20;
/** Steps over which both sides must come to the same losses. */
const comparedSteps = 20;
/** Relative: both sides sum in float32, in another order, and take the roundings of every step into the next. */
const agreement = 5e-6;
/** Rows that plain JavaScript gets; its cost grows in proportion to them. */
const plainRows = 100;
const curveUnits = [125, 250, 500, 1000, 2000];

export const sphere: Section = {
  title:
    'An epoch of von Mises-Fisher training on MNIST, 60,000 x 784, 1,000 memories, batches of 1,000, float32, all threads',
  method:
    'Matrix products: the two of every step, by OpenBLAS called from C++, each thread its half of the result. PyTorch: the same steps ' +
    'from the same start, gradients by autograd. JavaScript: the gradients of some rows in loops on typed arrays; costs are per row.',
  async run(settings) {
    const digits = await readDigits('train', settings.quick ? quickRows : undefined);
    const training = await startTraining(digits, hiddenUnits, batchSize);
    await besideProducts(training, settings);
    await besideTorch(training, settings);
    await besidePlain(training, settings);
    for (const units of curveUnits) await timeUnits(await startTraining(digits, units, batchSize), settings);
  },
};

const stepsOf = ({ digits }: Training) => digits.count / batchSize;
const name = ({ digits, settings }: Training) => `P = ${settings.hiddenUnits}, ${digits.count} digits`;

async function besideProducts(training: Training, { bare, threads, repeats, report }: Settings): Promise<void> {
  const epoch = await epochsOf(training);
  const { dimension } = training.digits;
  const costs = await takeTurns(
    {
      ours: () => timed(epoch),
      products: () => bare.trainingProducts(batchSize, hiddenUnits, dimension, threads, stepsOf(training)),
    },
    repeats,
  );
  report({
    name: name(training),
    measure: 'time / its matrix products',
    unit: 'x',
    value: ratios('wall', costs.ours, costs.products),
    processor: ratios('processor', costs.ours, costs.products),
    ours: spread(costs.ours.map(({ wall }) => wall)),
    peer: spread(costs.products.map(({ wall }) => wall)),
    bar: { atMost: productsBar },
  });
}

async function besideTorch(training: Training, settings: Settings): Promise<void> {
  const { threads, repeats, report, note, quick } = settings;
  const torch = TorchTraining.start(threads);
  if (!torch) return note('PyTorch skipped: not installed (npm run setup -- --bench installs it)');
  try {
    await torch.load(training, threads);
    const steps = Math.min(comparedSteps, stepsOf(training));
    checkAgreement((await torch.train(steps)).losses, await firstLosses(training, steps));
    const epoch = await epochsOf(training);
    const runs = {
      ours: () => timed(epoch),
      torch: () => torch.train(stepsOf(training)),
      products: () => torch.products(stepsOf(training)),
    };
    const costs = await takeTurns(runs, quick ? 1 : Math.min(repeats, 3));
    const own = ratios('wall', costs.torch, costs.products).median;
    note(
      `${torch.versions}: ${own.toFixed(1)} times the time of its own matrix products; losses agree over ${steps} steps`,
    );
    report({ ...speedOver('PyTorch', training, costs.torch, costs.ours), bar: { atLeast: torchBar } });
  } finally {
    torch.stop();
  }
}

function checkAgreement(theirs: readonly number[], ours: readonly number[]): void {
  theirs.forEach((loss, step) => {
    if (!(Math.abs(loss - (ours[step] as number)) <= agreement * Math.abs(loss))) {
      throw new Error(`The losses of step ${step + 1} disagree: ${loss} and ${ours[step]}`);
    }
  });
}

async function besidePlain(training: Training, { repeats, report, quick }: Settings): Promise<void> {
  const epoch = await epochsOf(training);
  const perRow = ({ wall, processor }: Cost, rows: number): Cost => ({
    wall: wall / rows,
    processor: processor / rows,
  });
  const costs = await takeTurns(
    {
      ours: async () => perRow(await timed(epoch), training.digits.count),
      plain: async () => perRow(await timed(() => plainGradients(training, plainRows)), plainRows),
    },
    quick ? 1 : repeats,
  );
  const { processor: _, ...figure } = speedOver('plain JavaScript', training, costs.plain, costs.ours);
  report({ ...figure, bar: { atLeast: plainBar } });
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

async function timeUnits(training: Training, { report, repeats, quick }: Settings): Promise<void> {
  const epoch = await epochsOf(training);
  const { ours } = await takeTurns({ ours: () => timed(epoch) }, quick ? 1 : Math.min(repeats, 3));
  const milliseconds = spread(ours.map(({ wall }) => (1000 * wall) / stepsOf(training)));
  report({ name: name(training), measure: 'time of a step', unit: 'ms', value: milliseconds });
}
