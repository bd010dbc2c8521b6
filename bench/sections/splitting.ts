import { type EpochRecord, VonMisesFisherMemory } from '../../lib/index.ts';
import { type Digits, readDigits } from '../digits.ts';
import type { Curve, Section, Settings } from '../section.ts';
import { spread } from '../timing.ts';

const from = 125;
const sizes = [125, 250, 500, 1000, 2000];
const quick = { from: 25, sizes: [25, 50, 100], rows: 5000 };
/** At the largest size: how many times less time splitting must take, at how many points less accuracy at most. */
const timeBar = 4;
const accuracyBar = 0.5;

interface Trained {
  readonly seconds: number;
  /** Per cent of the test digits. */
  readonly accuracy: number;
}

type Point = Curve['points'][number];

export const splitting: Section = {
  title: 'Training on MNIST with splitting and without, to P memories',
  method:
    'Whole trainings with default options, seed 0, until the validation loss stops falling; seconds of training on all threads, one ' +
    'run each; accuracy on the 10,000 test digits.',
  async run(settings) {
    const train = await readDigits('train', settings.quick ? quick.rows : undefined);
    const test = await readDigits('t10k');
    const [start, ends] = settings.quick ? [quick.from, quick.sizes] : [from, sizes];
    const curves = { 'with splitting': [] as Point[], without: [] as Point[] };
    for (const hiddenUnits of ends) {
      const grown = await trainOnce(train, test, { hiddenUnits, splitting: { from: start } });
      const whole = hiddenUnits > start ? await trainOnce(train, test, { hiddenUnits }) : grown;
      reportSize(hiddenUnits, hiddenUnits === ends.at(-1), grown, whole, settings);
      curves['with splitting'].push({ x: hiddenUnits, y: grown.seconds });
      curves.without.push({ x: hiddenUnits, y: whole.seconds });
    }
    for (const [name, points] of Object.entries(curves))
      settings.curve({ chart: 'splitting', panel: 'P', name, points });
  },
};

async function trainOnce(
  train: Digits,
  test: Digits,
  options: { readonly hiddenUnits: number; readonly splitting?: { readonly from: number } },
): Promise<Trained> {
  const memory = await VonMisesFisherMemory.train(train, { ...options, seed: 0 });
  const predicted = await memory.predict(test);
  const hits = predicted.reduce((sum, label, i) => sum + (label === test.labels[i] ? 1 : 0), 0);
  const { seconds } = memory.history.at(-1) as EpochRecord;
  return { seconds, accuracy: (100 * hits) / test.count };
}

function reportSize(units: number, isLast: boolean, grown: Trained, whole: Trained, { report, note }: Settings): void {
  const describe = ({ seconds, accuracy }: Trained) => `${seconds.toFixed(1)} s, ${accuracy.toFixed(2)} %`;
  note(`P = ${units}: with splitting ${describe(grown)}; without ${describe(whole)}`);
  if (grown === whole) return;
  report({
    name: `P = ${units}`,
    measure: 'time without splitting / with',
    unit: 'x',
    value: spread([whole.seconds / grown.seconds]),
    ours: spread([grown.seconds]),
    peer: spread([whole.seconds]),
    bar: isLast ? { atLeast: timeBar } : undefined,
  });
  report({
    name: `P = ${units}`,
    measure: 'test accuracy without splitting - with, in points',
    unit: '%',
    value: spread([whole.accuracy - grown.accuracy]),
    bar: units >= 1000 ? { atMost: accuracyBar } : undefined,
  });
}
