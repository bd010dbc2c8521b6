import { createRequire } from 'node:module';
import type { Command } from 'commander';
import { DenseamError } from '../core/errors.ts';

/** A package that adds commands of its own. */
interface Extension {
  addCommands(program: Command): void;
}

/** The package with the experiments; nothing here depends on it. */
const experiments = 'denseam-experiments';

/** Its commands for --help, which lists them whether or not it is installed. */
const commands = {
  experiment: 'runs the experiments of the papers',
  demo: 'recalls images with pixels hidden, and draws what it found',
  data: 'finds and downloads data sets',
} as const;

async function load(): Promise<Extension> {
  try {
    createRequire(import.meta.url).resolve(`${experiments}/package.json`);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw cause;
    const message = `Expected the package ${experiments} to be installed but it is not: npm install ${experiments}`;
    throw new DenseamError('ERR_NOT_INSTALLED', message, { cause, argument: experiments });
  }
  return await import(experiments);
}

/** Adds the commands of denseam-experiments. The package is loaded when `words` name one of them. */
export async function addExtension(program: Command, words: readonly string[]): Promise<void> {
  const [first = '', second = ''] = words.filter((word) => !word.startsWith('-'));
  if (Object.hasOwn(commands, first === 'help' ? second : first)) {
    (await load()).addCommands(program);
    return;
  }
  for (const [name, summary] of Object.entries(commands)) {
    program.command(name).summary(`${summary} (package ${experiments})`);
  }
}
