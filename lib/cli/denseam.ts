#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { addBenchCommand } from './bench.ts';
import { exitCodes } from './command.ts';
import { addDataCommand } from './data.ts';
import { addDemoCommand } from './demo.ts';
import { addExperimentCommand } from './experiment.ts';
import { addMemoryCommand } from './memory.ts';
import { addPredictCommand } from './predict.ts';
import { addTrainCommand } from './train.ts';

function createProgram(): Command {
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
Exit codes: 0 done, 1 failed, 2 the command line asks for what there is not, 130 stopped by Ctrl-C.`,
    );
  addExperimentCommand(program);
  addMemoryCommand(program);
  addTrainCommand(program);
  addPredictCommand(program);
  addDataCommand(program);
  addBenchCommand(program);
  addDemoCommand(program);
  return program;
}

// A reader that has seen enough, such as `head`, is no error; a full disk is one.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  console.error(`Error: Cannot write to stdout: ${error.message}`);
  process.exit(exitCodes.failed);
});
// Where nothing can be said, the exit code still tells.
process.stderr.on('error', () => {});

try {
  await createProgram().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // commander has printed the help, the version or what is wrong.
  process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
}
