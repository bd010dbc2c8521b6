import type { Command } from 'commander';
import type { CallOptions } from '../core/types.ts';
import { native } from '../native/addon.ts';
import { describeError, exitCodes, UsageError } from './errors.ts';
import { integer } from './options.ts';
import { type ProgressDisplay, type StageProgress, showProgress } from './progress.ts';

/** Options of every command. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly threads?: number;
}

/** Context of a running command. */
export interface Run {
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Runs work and shows its progress on stderr. */
  withProgress<T>(work: (onProgress: (progress: StageProgress) => void) => Promise<T>): Promise<T>;
  /** Prints one JSON document with --json, else the text. */
  print(text: () => string, json: () => unknown): void;
  /** A line for people, on stderr. */
  note(line: string): void;
}

/** Interruption of the process: the first Ctrl-C asks the command to stop, a second one ends the process at once. */
const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());

/** Adds the common options to a command and sets its action `run`, which gets its arguments and options. */
export function defineAction<Options>(
  command: Command,
  run: (run: Run, options: Options, ...args: string[]) => Promise<void>,
): Command {
  const count = integer(1, native.mostThreads());
  return command
    .option('--threads <n>', 'number of computing threads (default: as many as the process may use)', count)
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

/** Awaits a command; sets the exit code and prints an error in a line. */
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
