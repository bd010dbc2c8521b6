import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { type CompiledPackage, compilePackage } from '../support/compiledPackage.ts';

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandLine {
  /** Where commands run; gone after the tests. */
  readonly folder: string;
  /** Runs denseam with these arguments to its end. */
  denseam(...args: string[]): Ended;
  /**
   * Runs denseam with some of the environment changed, while this process goes on: it may serve what denseam asks for.
   */
  start(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ended>;
  /** Starts denseam and presses Ctrl-C once, as soon as `text` is on stderr. */
  interrupt(args: readonly string[], text: string): Promise<Ended>;
}

/** The command line for the tests of a file, in a folder of its own. */
export function commandLine(): CommandLine {
  const folder = mkdtempSync(join(tmpdir(), 'denseam-cli-'));
  let compiled: CompiledPackage;
  beforeAll(() => {
    compiled = compilePackage();
  }, 60_000);
  afterAll(() => {
    compiled.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  const command = () => fileURLToPath(new URL('cli/denseam.js', compiled.entry));
  const run = (args: readonly string[], environment: Readonly<Record<string, string>>, interruptAt?: string) => {
    const child = spawn(process.execPath, [command(), ...args], {
      cwd: folder,
      env: { ...process.env, ...environment },
    });
    const ended = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      ended.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      ended.stderr += text;
      // Once only: a second one would end the process at once.
      if (interruptAt !== undefined && !child.killed && ended.stderr.includes(interruptAt)) child.kill('SIGINT');
    });
    return new Promise<Ended>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status) => resolve({ status, ...ended }));
    });
  };
  return {
    folder,
    denseam: (...args) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [command(), ...args], {
        cwd: folder,
        encoding: 'utf8',
      });
      return { status, stdout, stderr };
    },
    start: (args, environment = {}) => run(args, environment),
    interrupt: (args, text) => run(args, {}, text),
  };
}
