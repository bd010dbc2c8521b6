import { listBuilds, mapBuilds, type OfBuilds } from '../builds.ts';
import { type Ask, gigabytes, inChild, withRoom } from '../child.ts';
import type { Answer, Command, QueryKind } from '../memoryProcess.ts';
import { queriesText, type RateBars, reportRate } from '../rate.ts';
import type { Section, Settings } from '../section.ts';

const dimension = 768;
/** So small that no weight vanishes, and so large that a query falls to its own item at once. */
const betas = { diffuse: 0.008, sharp: 1 };
/** With the index, which is a quarter of the rows. */
const peakBar = 1.35;
/** A run takes seconds: more would not change the median. */
const mostRepeats = 3;

interface Row extends RateBars {
  readonly name: string;
  readonly queries: number;
  readonly kind: QueryKind;
  readonly command: Command;
}

const nearest = (k: number) => ({ name: `nearest ${k}`, command: { verb: 'nearest', k } }) as const;
const step = (beta: number) => ({ name: `step, beta ${beta}`, command: { verb: 'step', beta } }) as const;
const retrieve = (beta: number) => ({ name: `retrieve, beta ${beta}`, command: { verb: 'retrieve', beta } }) as const;
const many = { queries: 64, kind: 'near' } as const;
const rateBar = { rate: { atLeast: 60 } };

const rows: readonly Row[] = [
  { ...many, ...step(betas.diffuse), ...rateBar },
  { ...many, ...retrieve(betas.diffuse), ...rateBar },
  { ...many, ...step(betas.sharp), overBefore: 4 },
  { ...many, ...retrieve(betas.sharp), overBefore: 4 },
  { ...many, ...nearest(10) },
  { ...many, ...nearest(1), overBefore: 3.5 },
  { queries: 64, kind: 'fresh', ...nearest(1), overBefore: 3.5 },
  { queries: 1, kind: 'fresh', ...nearest(1), overBefore: 3.5 },
  { queries: 1, kind: 'near', ...nearest(1), overBefore: 6 },
];

export const million: Section = {
  title: `A million diagonal Gaussians in float32, d = ${dimension}, all threads`,
  method:
    'One process builds the memory batch by batch and saves it; another loads it and recalls. Peak: the most memory a process had ' +
    'resident, whole, over the bytes of the items as stored. Near queries are items, 3 % off in every mean and variance, fresh ones ' +
    'are drawn anew. The rate counts the operations of two matrix products a step.',
  async run(settings) {
    const count = settings.quick ? 20_000 : 1_000_000;
    const stored = count * 2 * dimension * Float32Array.BYTES_PER_ELEMENT;
    await withRoom(settings.before ? 2 * stored : stored, settings, (path) => measure(count, stored, path, settings));
  },
};

async function measure(count: number, stored: number, path: string, settings: Settings): Promise<void> {
  const { quick, note, threads } = settings;
  const reportPeak = ({ peak }: Answer, name: string) => {
    const value = peak / stored;
    settings.report({
      name: `${count} items, ${gigabytes(stored)}: ${name}`,
      measure: 'peak resident memory / stored',
      unit: 'x',
      value: { median: value, least: value, greatest: value },
      // Node itself is as large as the few items of a quick run.
      bar: quick ? undefined : { atMost: peakBar },
    });
  };
  const built = await inChild((ask) =>
    ask({ verb: 'build', structure: 'diagonal', precision: 'float32', count, dimension, path }),
  );
  note(`built and saved in ${built.wall.toFixed(1)} s`);
  reportPeak(built, 'create, add and save');

  const recallIn = async (ask: Ask, asks: OfBuilds<Ask>) => {
    const loaded = await Promise.all(listBuilds(asks).map((each) => each({ verb: 'load', path, threads })));
    note(`loaded in ${(loaded[0] as Answer).wall.toFixed(1)} s`);
    for (const row of rows) await measureRow(row, count, asks, settings);
    reportPeak(await ask({ verb: 'ask', queries: 1, kind: 'near' }), 'load and recall');
  };
  await inChild(async (ours) => {
    if (!settings.before) return recallIn(ours, { ours });
    await inChild((before) => recallIn(ours, { ours, before }), settings.before);
  });
}

async function measureRow(
  { queries, kind, command, name, ...bars }: Row,
  count: number,
  asks: OfBuilds<Ask>,
  settings: Settings,
): Promise<void> {
  for (const ask of listBuilds(asks)) await ask({ verb: 'ask', queries, kind });
  const repeats = Math.min(settings.repeats, mostRepeats);
  const runs = mapBuilds(asks, (ask) => () => ask(command));
  await reportRate(
    `${count} items, ${queriesText(queries, kind)}, ${name}`,
    'float32',
    runs,
    { ...settings, repeats },
    bars,
  );
}
