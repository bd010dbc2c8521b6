#!/usr/bin/env node
import { CommanderError } from 'commander';
import { DenseamError } from '../core/errors.ts';
import { describeError, exitCodes } from './errors.ts';

// A reader that stops early, such as `head`, is no error; a full disk is one.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  console.error(`Error: Cannot write to stdout: ${error.message}`);
  process.exit(exitCodes.failed);
});
// Ignored: without stderr only the exit code reports errors.
process.stderr.on('error', () => {});

try {
  // Loads the native part, which throws if it cannot meet the environment's settings.
  const { createProgram } = await import('./program.ts');
  const program = await createProgram(process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  if (error instanceof DenseamError) {
    console.error(`Error: ${describeError(error)}`);
    process.exitCode = exitCodes.failed;
  } else if (error instanceof CommanderError) {
    // commander has printed the help, the version or the error.
    process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
  } else throw error;
}
