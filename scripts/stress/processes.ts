import { type SpawnOptions, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** How a process ended, and what it printed. */
export interface Ended {
  readonly status: number | null;
  /** What killed it. */
  readonly signal: string | null;
  /** Empty where a function heard its lines. */
  readonly stdout: string;
  readonly stderr: string;
}

/** The signal of these and the timeout kill the process, by SIGKILL unless they say otherwise. */
export interface ChildOptions extends Pick<SpawnOptions, 'cwd' | 'env' | 'signal' | 'timeout' | 'killSignal'> {
  /** Hears each line of stdout as soon as it comes. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** In the words of bash's ulimit. */
  readonly limit?: string | undefined;
  /** Closes stdin; without it there is none. */
  readonly until?: AbortSignal | undefined;
  /** Where errors are seen at once, and are not in the result. */
  readonly stderr?: 'inherit';
}

/** Runs a command until it ends or is killed. */
export async function runCommand(
  command: readonly string[],
  { limit, onLine, until, stderr, ...options }: ChildOptions = {},
): Promise<Ended> {
  const [program = '', ...args] = limit ? ['bash', '-c', `ulimit ${limit}; exec "$@"`, 'bash', ...command] : command;
  const stdio: SpawnOptions['stdio'] = [until ? 'pipe' : 'ignore', 'pipe', stderr ?? 'pipe'];
  const child = spawn(program, args, { killSignal: 'SIGKILL', ...options, stdio });
  until?.addEventListener('abort', () => child.stdin?.end());
  const end = new Promise<[status: number | null, signal: string | null]>((resolve, reject) => {
    child.on('error', (error) => options.signal?.aborted || reject(error));
    child.on('close', (...how) => resolve(how));
  });
  const output = child.stdout as Readable;
  if (onLine) createInterface(output).on('line', onLine);
  const printed = [onLine ? '' : text(output), child.stderr ? text(child.stderr) : ''];
  const [[status, signal], stdout = '', errors = ''] = await Promise.all([end, ...printed]);
  return { status, signal, stdout, stderr: errors };
}
