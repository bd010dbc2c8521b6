import { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { addBenchCommand } from './bench.ts';
import { addExtension } from './extension.ts';
import { addMemoryCommand } from './memory.ts';
import { addPredictCommand } from './predict.ts';
import { addTrainCommand } from './train.ts';

/** The command line with the commands that its arguments `words` may name. */
export async function createProgram(words: readonly string[]): Promise<Command> {
  const program = new Command('denseam')
    .description('Associative memories whose items are probability distributions.')
    .version(packageJson.version)
    .allowExcessArguments(false)
    .showHelpAfterError('(--help lists the options)')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'Error: ')) })
    .exitOverride()
    .addHelpText(
      'after',
      `
Every command takes --json, --threads and --help, which gives examples. Results go to stdout, progress to stderr.
Exit codes: 0 done, 1 failed, 2 invalid command line, 130 stopped by Ctrl-C.`,
    );
  addMemoryCommand(program);
  addTrainCommand(program);
  addPredictCommand(program);
  addBenchCommand(program);
  await addExtension(program, words);
  return program;
}
