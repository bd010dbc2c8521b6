import type { Command } from 'commander';
import type { CallOptions } from '../core/types.ts';
import { native } from '../native/addon.ts';
import { describeError, exitCodes, UsageError } from './errors.ts';
import { integer } from './options.ts';
import { type ProgressDisplay, type StageProgress, showProgress } from './progress.ts';

/** What every command accepts. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly threads?: number;
}

/** What a running command works with. */
export interface Run {
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Runs work while its progress is shown on stderr. */
  withProgress<T>(work: (onProgress: (progress: StageProgress) => void) => Promise<T>): Promise<T>;
  /** Prints one JSON document with --json, else the text. */
  print(text: () => string, json: () => unknown): void;
  /** A line for people, on stderr. */
  note(line: string): void;
}

/** Once for the process: the first Ctrl-C asks the command to stop, a second one ends the process at once. */
const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());

/** Adds what all commands have, and makes `run` what the command does. `run` gets its arguments and options. */
export function defineAction<Options>(
  command: Command,
  run: (run: Run, options: Options, ...args: string[]) => Promise<void>,
): Command {
  const count = integer(1, native.mostThreads());
  return command
    .option('--threads <n>', 'how many threads compute (default: as many as the process may use)', count)
    .option('--json', 'print one JSON document')
    .action(async () => {
      const options = command.opts<CommonOptions>();
      await settle(async () => {
        if (options.threads !== undefined) (await import('../native/threads.ts')).setThreads(options.threads);
        await run(makeRun(options), options as Options, ...command.processedArgs.flat());
      });
    });
}

function makeRun({ json = false }: CommonOptions): Run {
  return {
    signal: interruption.signal,
    print: (text, document) => console.log(json ? JSON.stringify(document()) : text()),
    note: (line) => console.error(line),
    withProgress: async (work) => {
      const display: ProgressDisplay = showProgress(process.stderr);
      try {
        return await work(display.update);
      } finally {
        display.stop();
      }
    },
  };
}

/** Awaits a command; sets the exit code and says in a line what went wrong. */
async function settle(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    const isInterrupted = interruption.signal.aborted;
    console.error(isInterrupted ? 'Stopped.' : `Error: ${describeError(error)}`);
    const code = error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
    process.exitCode = isInterrupted ? exitCodes.interrupted : code;
  }
}

/** Turns a call's progress into that of one stage among others. */
export function stageProgress(
  onProgress: (progress: StageProgress) => void,
  doing: string,
  from = 0,
  to = 1,
): NonNullable<CallOptions['onProgress']> {
  return ({ completed, total }) => onProgress({ share: from + ((to - from) * completed) / total, doing });
}
