import { join } from 'node:path';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { threads } from '../lib/index.ts';
import { Bare } from './bare.ts';
import { beforeSpeed, loadEarlier } from './builds.ts';
import { resultsChart } from './charts.ts';
import { writeDocs } from './docs.ts';
import { root } from './package.ts';
import { environment, sectionText } from './report.ts';
import { type Results, readResults, type SectionResult, writeText } from './results.ts';
import type { Curve, Figure, Section, Settings } from './section.ts';
import { cancel } from './sections/cancel.ts';
import { curves } from './sections/curves.ts';
import { eigen } from './sections/eigen.ts';
import { eventloop } from './sections/eventloop.ts';
import { flat } from './sections/flat.ts';
import { gaussian } from './sections/gaussian.ts';
import { large } from './sections/large.ts';
import { largeClouds } from './sections/largeClouds.ts';
import { memory } from './sections/memory.ts';
import { million } from './sections/million.ts';
import { pointcloud } from './sections/pointcloud.ts';
import { python } from './sections/python.ts';
import { recall } from './sections/recall.ts';
import { roofline } from './sections/roofline.ts';
import { search } from './sections/search.ts';
import { sphere } from './sections/sphere.ts';
import { splitting } from './sections/splitting.ts';

interface Options {
  readonly quick?: boolean;
  readonly repeats?: number;
  /** A revision, or false. */
  readonly before: string | false;
  readonly json: string;
  readonly chart: string;
  readonly docs?: boolean;
}

/** In this order: memory comes first, while nothing else has stretched the heap. */
const sections: Readonly<Record<string, Section>> = {
  memory,
  gaussian,
  eigen,
  python,
  recall,
  flat,
  large,
  million,
  search,
  roofline,
  sphere,
  splitting,
  pointcloud,
  largeClouds,
  curves,
  eventloop,
  cancel,
};

function positiveInteger(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected an integer of 1 or more.');
}

async function main(chosen: readonly string[], { docs, json, chart, ...options }: Options): Promise<void> {
  if (docs) return writeDocs(await readResults(json));
  const names = Object.keys(sections).filter((name) => chosen.length === 0 || chosen.includes(name));
  let results = await readResults(json);
  for await (const [name, result] of run(names, options)) {
    console.log(sectionText(result));
    // After every section, so that whatever ends a long run early takes nothing with it.
    results = { ...results, [name]: result };
    await save(results, json, chart);
  }
  console.log(`Written: ${json}, ${chart}`);
}

async function save(results: Results, json: string, chart: string): Promise<void> {
  await writeText(json, `${JSON.stringify(results, null, 2)}\n`);
  await writeText(chart, await resultsChart(results));
}

async function* run(
  names: readonly string[],
  { quick = false, repeats = quick ? 3 : 9, before: revision }: Pick<Options, 'quick' | 'repeats' | 'before'>,
): AsyncGenerator<[name: string, result: SectionResult]> {
  const before = revision === false ? undefined : await loadEarlier(revision);
  const bare = Bare.start();
  try {
    const about = environment(await bare.blas(), before?.name);
    for (const [name, value] of Object.entries(about)) console.log(`${name.padEnd(8)} ${value}`);
    console.log(
      `method   contenders take turns; medians of ${repeats} runs each${quick ? '; QUICK: not to be quoted' : ''}\n`,
    );
    for (const name of names) {
      const section = sections[name] as Section;
      const found = await runSection(section, { quick, repeats, bare, before, threads: allThreads });
      const { title, method } = section;
      yield [name, { title, method, environment: about, quick, repeats, ...found }];
    }
  } finally {
    bare.stop();
  }
}

async function runSection(
  section: Section,
  settings: Omit<Settings, 'report' | 'note' | 'curve'>,
): Promise<Pick<SectionResult, 'figures' | 'curves' | 'notes'>> {
  const [figures, curves, notes]: [Figure[], Curve[], string[]] = [[], [], []];
  const report = (figure: Figure) => {
    figures.push(figure);
    console.error(`${figure.name}: ${figure.measure} ${figure.value.median.toFixed(2)} ${figure.unit}`);
  };
  const curve = (curve: Curve) => {
    curves.push(curve);
    console.error(`${curve.chart}, ${curve.panel}: ${curve.name}`);
  };
  const note = (text: string) => {
    notes.push(text);
    console.error(text);
  };
  await section.run({ ...settings, report, curve, note });
  return { figures, curves, notes };
}

const allThreads = threads();
const output = join(root, 'out', 'bench');
const program = new Command('npm run bench --')
  .description('Measures denseam beside its peers, in the same run, and holds the figures against their bars.')
  .addArgument(new Argument('[sections...]', 'which to run (default: all)').choices(Object.keys(sections)))
  .option('--quick', 'smaller problems and fewer repeats: to see that all works')
  .option('--repeats <n>', 'how often each contender runs', positiveInteger)
  .option('--before <revision>', 'the commit whose build takes turns with this one', beforeSpeed.name)
  .option('--no-before', 'only this build')
  .option('--json <file>', 'where the figures go; those of other sections stay', join(output, 'results.json'))
  .option('--chart <file>', 'where the chart of all figures that have a bar goes', join(output, 'results.svg'))
  .option('--docs', 'measure nothing: write the figures into docs/performance.md and its charts')
  .showHelpAfterError('(--help lists the options)');
await program.action(main).parseAsync();
