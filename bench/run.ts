import { writeFile } from 'node:fs/promises';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { threads } from '../lib/index.ts';
import { Bare } from './bare.ts';
import { environment, sectionTable } from './report.ts';
import type { Figure, Section } from './section.ts';
import { cancel } from './sections/cancel.ts';
import { eigen } from './sections/eigen.ts';
import { eventloop } from './sections/eventloop.ts';
import { flat } from './sections/flat.ts';
import { gaussian } from './sections/gaussian.ts';
import { memory } from './sections/memory.ts';

interface Options {
  readonly quick?: boolean;
  readonly repeats?: number;
  readonly json?: string;
}

/** In this order: memory comes first, while nothing else has stretched the heap. */
const sections: Readonly<Record<string, Section>> = { memory, gaussian, eigen, flat, eventloop, cancel };

function positiveInteger(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected an integer of 1 or more.');
}

async function run(
  chosen: readonly string[],
  { quick = false, repeats = quick ? 3 : 7, json }: Options,
): Promise<void> {
  const bare = Bare.start();
  try {
    const about = environment(await bare.blas());
    for (const [name, value] of Object.entries(about)) console.log(`${name.padEnd(8)} ${value}`);
    console.log(
      `method   contenders take turns; medians of ${repeats} runs each${quick ? '; QUICK: not to be quoted' : ''}\n`,
    );
    const figures: Record<string, Figure[]> = {};
    for (const [name, section] of Object.entries(sections)) {
      if (chosen.length > 0 && !chosen.includes(name)) continue;
      figures[name] = await runSection(section, { quick, repeats, bare });
      console.log(sectionTable(section, figures[name]));
    }
    if (json) await writeFile(json, `${JSON.stringify({ environment: about, quick, repeats, figures }, null, 2)}\n`);
  } finally {
    bare.stop();
  }
}

async function runSection(
  section: Section,
  settings: { quick: boolean; repeats: number; bare: Bare },
): Promise<Figure[]> {
  const figures: Figure[] = [];
  const report = (figure: Figure) => {
    figures.push(figure);
    console.error(`${figure.name}: ${figure.measure} ${figure.value.median.toFixed(2)} ${figure.unit}`);
  };
  await section.run({ ...settings, threads: allThreads, report });
  return figures;
}

const allThreads = threads();
const program = new Command('npm run bench --')
  .description('Measures denseam beside its peers, in the same run, and holds the figures against their bars.')
  .addArgument(new Argument('[sections...]', 'which to run (default: all)').choices(Object.keys(sections)))
  .option('--quick', 'smaller problems and fewer repeats: to see that all works')
  .option('--repeats <n>', 'how often each contender runs', positiveInteger)
  .option('--json <file>', 'write every figure to a file')
  .showHelpAfterError('(--help lists the options)');
await program.action(run).parseAsync();
