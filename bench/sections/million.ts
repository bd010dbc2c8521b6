import { gigabytes, inChild, withRoom } from '../child.ts';
import type { Answer, Command } from '../memoryProcess.ts';
import { reportRate } from '../rate.ts';
import type { Bar, Section, Settings } from '../section.ts';

const dimension = 768;
const queryCount = 64;
const neighbours = 10;
/** So small that no weight vanishes, and so large that a query falls to its own item at once. */
const betas = { diffuse: 0.008, sharp: 1 };
const peakBar = 1.3;
/** A run takes seconds: more would not change the median. */
const mostRepeats = 3;

export const million: Section = {
  title: `A million diagonal Gaussians in float32, d = ${dimension}, ${queryCount} queries, all threads`,
  method:
    'One process builds the memory batch by batch and saves it; another loads it and recalls. Peak: the most memory a process had ' +
    'resident, whole, over the bytes of the items as stored. The rate counts the operations of two matrix products a step.',
  async run(settings) {
    const count = settings.quick ? 20_000 : 1_000_000;
    const stored = count * 2 * dimension * Float32Array.BYTES_PER_ELEMENT;
    await withRoom(stored, settings, (path) => measure(count, stored, path, settings));
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

  await inChild(async (ask) => {
    const loaded = await ask({ verb: 'load', path, threads, queryCount });
    note(`loaded in ${loaded.wall.toFixed(1)} s`);
    let last = loaded;
    const rate = (name: string, command: Command, bar?: Bar) => {
      const run = async () => {
        last = await ask(command);
        return last;
      };
      const repeats = Math.min(settings.repeats, mostRepeats);
      return reportRate(`${count} items, ${name}`, 'float32', run, { ...settings, repeats }, bar);
    };
    const { diffuse, sharp } = betas;
    await rate(`step, beta ${diffuse}`, { verb: 'step', beta: diffuse }, { atLeast: 60 });
    await rate(`retrieve, beta ${diffuse}`, { verb: 'retrieve', beta: diffuse }, { atLeast: 60 });
    await rate(`step, beta ${sharp}`, { verb: 'step', beta: sharp });
    await rate(`retrieve, beta ${sharp}`, { verb: 'retrieve', beta: sharp });
    await rate(`nearest ${neighbours}`, { verb: 'nearest', k: neighbours });
    reportPeak(last, 'load and recall');
  });
}
