// The instrumented builds of the addon, and how programs run with one. Node itself stays as it is: the sanitizer's
// runtime is loaded before it (LD_PRELOAD), and instrumented.cjs loads the instrumented addon.

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { out, root } from '../folders.ts';
import type { Settings } from '../part.ts';
import { type Report, readReports } from './reports.ts';

export interface Sanitizer {
  /** As CMake's DENSEAM_SANITIZE calls it. */
  readonly name: 'address' | 'thread';
  /** Of the build. */
  readonly folder: string;
  readonly runtime: string;
  /** Its options, by their environment variable. */
  readonly options: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
}

// The module of every frame, whether or not it has debugging information: it tells our frames from Node's.
const stackFormat = '"    #%n %p in %f %S (%m+%o)"';

// Node asks for buffers that may be too large, and expects a null pointer then.
const addressOptions = { allocator_may_return_null: 1, handle_abort: 1, detect_stack_use_after_return: 1 };
const undefinedOptions = { print_stacktrace: 1 };

export const addressSanitizer: Sanitizer = {
  name: 'address',
  folder: join(root, 'build/asan'),
  runtime: 'libasan.so',
  options: { ASAN_OPTIONS: { ...addressOptions, detect_leaks: 0 }, UBSAN_OPTIONS: undefinedOptions },
};

/** V8 and Node leave memory behind at exit; reports of leaks say which of it is ours, and the exit status does not. */
export const countingLeaks: Sanitizer = {
  ...addressSanitizer,
  options: {
    ASAN_OPTIONS: { ...addressOptions, detect_leaks: 1 },
    LSAN_OPTIONS: { exitcode: 0 },
    UBSAN_OPTIONS: undefinedOptions,
  },
};

export const threadSanitizer: Sanitizer = {
  name: 'thread',
  folder: join(root, 'build/tsan'),
  runtime: 'libtsan.so',
  // Reports come until the end, whose exit status tells nothing: Node's own races, which it cannot judge, are reported,
  // too.
  options: { TSAN_OPTIONS: { exitcode: 0, history_size: 7, second_deadlock_stack: 1 } },
};

export const driverOf = ({ folder }: Sanitizer) => join(folder, 'denseam-races');

/** Builds the instrumented addon, or another target; little is done where that is up to date. Returns the seconds. */
export async function build(sanitizer: Sanitizer, { signal, say }: Settings, target = 'denseam'): Promise<number> {
  const start = performance.now();
  const where = ['--out', sanitizer.folder, `--CDDENSEAM_SANITIZE=${sanitizer.name}`, '--target', target];
  say(`building ${target} for the ${sanitizer.name} sanitizer: minutes, if none is there`);
  const { status, output } = await run([process.execPath, join(root, 'scripts/build-native.js'), ...where], {}, signal);
  if (status !== 0) throw new Error(`the build failed:\n${output}`);
  return Math.round((performance.now() - start) / 1000);
}

export interface Run {
  readonly status: number | string;
  readonly output: string;
}

/** Runs a command to its end. The status is the exit code, or the signal that ended it. */
function run(
  [program = '', ...args]: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
  onLine: (line: string) => void = () => {},
): Promise<Run> {
  const child = spawn(program, args, { cwd: root, env: { ...process.env, ...environment }, signal });
  let output = '';
  const collect = (text: string) => {
    output += text;
    for (const line of text.split('\n')) if (line) onLine(line);
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  return new Promise((done, fail) => {
    child.on('error', (error) => (signal.aborted ? undefined : fail(error)));
    child.on('close', (code, killer) => done({ status: killer ?? code ?? 1, output }));
  });
}

export interface SanitizedRun extends Run {
  /** Of what our code did. */
  readonly reports: readonly Report[];
  /** How many others there were. */
  readonly foreign: number;
  /** How often a process or thread loaded the instrumented addon. */
  readonly loads: number;
}

/** Runs a command, and all that it starts, with a sanitizer; what they report lies in out/stress/NAME afterwards. */
export async function runSanitized(
  sanitizer: Sanitizer,
  name: string,
  command: readonly string[],
  { signal, say }: Pick<Settings, 'signal' | 'say'>,
): Promise<SanitizedRun> {
  const folder = join(out, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const loads = join(folder, 'loads');
  const environment = environmentOf(sanitizer, folder, loads);
  const result = await run([...withoutRandomAddresses(), ...command], environment, signal, say);
  // GCC's UBSan, a library of its own beside ASan, knows no log_path.
  writeFileSync(join(folder, 'output'), result.output);
  return { ...result, ...readReports(folder, sanitizer.folder), loads: linesOf(loads) };
}

function environmentOf(sanitizer: Sanitizer, folder: string, loads: string): Record<string, string> {
  const common = { log_path: join(folder, 'report'), stack_trace_format: stackFormat };
  const options = Object.entries(sanitizer.options).map(([variable, own]) => {
    const all = Object.entries({ ...common, ...own });
    return [variable, all.map(([option, value]) => `${option}=${value}`).join(':')];
  });
  return {
    ...Object.fromEntries(options),
    LD_PRELOAD: execFileSync('g++', [`-print-file-name=${sanitizer.runtime}`], { encoding: 'utf8' }).trim(),
    NODE_OPTIONS: `--require=${JSON.stringify(join(root, 'scripts/stress/sanitizers/instrumented.cjs'))}`,
    DENSEAM_INSTRUMENTED: join(sanitizer.folder, 'Release/denseam.node'),
    DENSEAM_LOADS: loads,
  };
}

/** GCC 12's ThreadSanitizer expects what it maps at addresses that more than 28 random bits would miss. */
function withoutRandomAddresses(): readonly string[] {
  return Number(readFileSync('/proc/sys/vm/mmap_rnd_bits', 'utf8')) > 28 ? ['setarch', '--addr-no-randomize'] : [];
}

function linesOf(path: string): number {
  try {
    return readFileSync(path, 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}
