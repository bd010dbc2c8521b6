import { types } from 'node:util';
import type { Command } from 'commander';
import type { CallOptions } from '../core/types.ts';
import type { ExperimentProgress } from '../experiments/stages.ts';
import { integer } from './options.ts';
import { type ProgressDisplay, showProgress } from './progress.ts';

/** What a command ends with; 0 is success. */
export const exitCodes = {
  failed: 1,
  usage: 2,
  /** What a shell reports for a program ended by SIGINT: 128 + 2. */
  interrupted: 130,
} as const;

/** A command line that asks for what there is not. */
export class UsageError extends Error {}

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
  withProgress<T>(work: (onProgress: (progress: ExperimentProgress) => void) => Promise<T>): Promise<T>;
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
  return command
    .option('--threads <n>', 'how many threads compute (default: as many as the process may use)', integer(1, 1024))
    .option('--json', 'print one JSON document')
    .action(async () => {
      const options = command.opts<CommonOptions>();
      await settle(async () => {
        if (options.threads !== undefined) (await import('../core/threads.ts')).setThreads(options.threads);
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

/** An error in one line, with its code. Options of the library are called as on the command line. */
export function describeError(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  if (error instanceof UsageError) return `${error.message} (--help lists the options)`;
  const message = error.message.replaceAll(/\boptions\.([a-zA-Z]+)/g, (_, name: string) => optionName(name));
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}

/** `maxIterations` is --max-iterations, `k` is -k; --beta takes several betas. */
function optionName(name: string): string {
  if (name === 'betas') return '--beta';
  return name.length === 1 ? `-${name}` : `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Turns a call's progress into that of one stage among others. */
export function stageProgress(
  onProgress: (progress: ExperimentProgress) => void,
  doing: string,
  from = 0,
  to = 1,
): NonNullable<CallOptions['onProgress']> {
  return ({ completed, total }) => onProgress({ share: from + ((to - from) * completed) / total, doing });
}
