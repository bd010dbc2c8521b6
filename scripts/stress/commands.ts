// Command lines with odd words: each ends soon, with an exit code of its own and a message instead of a stack trace.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Random, writeNpz } from '../../lib/index.ts';
import type { Part, Settings } from './part.ts';
import { runCommand } from './processes.ts';

const counts = { short: 30, long: 1000 };
const mostSeconds = 60;

const golden = resolve('test/conformance/golden/0.1.0');
const euclidean = join(golden, 'euclidean-float64.safetensors');
const model = join(golden, 'von-mises-fisher-float64.safetensors');

const lines = [
  ['memory', 'create', 'items.npz', 'memory.safetensors', '--kind', 'euclidean'],
  ['memory', 'info', euclidean],
  ['memory', 'retrieve', euclidean, 'items.npz', '--beta', '1,2', '--max-iterations', '5', '--json'],
  ['memory', 'nearest', euclidean, 'items.npz', '-k', '2', '--threads', '1'],
  ['train', 'items.npz', '--hidden-units', '2', '--max-epochs', '2', '--beta', '1', '--out', 'model.safetensors'],
  ['predict', model, 'items.npz', '--out', 'predicted.json', '--probabilities'],
];

const words = [
  ...['', '-', '--', '---', '--unknown', '--beta', '--beta=', '-k', '-k1', '--json', '--help', '--version', '--resume'],
  ...['0', '-0', '-1', '0x10', '1e999', '1e-320', 'NaN', '1,,2', '1,', '2147483648', '9007199254740993', '1_0', '１'],
  ...['/', '.', '..', 'none.npz', 'none/x.npz', '/dev/null', 'a\nb', '\u001b[31m', '\ud83d', 'x'.repeat(5000)],
  ...['__proto__', 'constructor', 'true', 'null', 'help', 'memory', 'float32', '--values', '--means'],
];

/** The words with one value replaced, or with one to three of them left out, repeated, or others put between them. */
function odd(right: readonly string[], random: Random): string[] {
  const line = [...right];
  const values = [...line.keys()].filter((i) => i > 1 && !line[i]?.startsWith('-'));
  if (values.length > 0 && random.integer(2) === 0) {
    return line.with(values[random.integer(values.length)] as number, words[random.integer(words.length)] as string);
  }
  for (let changes = random.integer(3); changes >= 0; changes--) {
    const at = random.integer(line.length + 1);
    const word = words[random.integer(words.length)] as string;
    const [removed, added] = [
      [1, [word]],
      [1, []],
      [0, [word]],
      [0, line.slice(at, at + 1)],
    ][random.integer(4)] as [number, string[]];
    line.splice(at, removed, ...added);
  }
  return line;
}

/** Why the end of a command is none that it may have, or undefined. */
async function faultOf(
  line: readonly string[],
  cwd: string,
  count: (code: string) => void,
): Promise<string | undefined> {
  const command = [process.execPath, resolve('dist/cli/denseam.js'), ...line];
  const { status, signal, stdout, stderr } = await runCommand(command, { cwd, timeout: mostSeconds * 1000 });
  count(`ended: exit ${status ?? signal}`);
  if (status === null) return `${signal}, after at most ${mostSeconds} s`;
  if (![0, 1, 2].includes(status)) return `exit ${status}: ${stderr}`;
  if (/^ +at .+:\d+/m.test(stderr) || /\b(Type|Reference|Syntax)Error\b/.test(stderr)) return stderr;
  if (status !== 0 && stderr.trim() === '') return `exit ${status} without a message`;
  if (status !== 0 || !line.includes('--json') || !stdout.startsWith('{')) return undefined;
  return isJson(stdout) ? undefined : 'its output is not JSON';
}

function isJson(output: string): boolean {
  try {
    JSON.parse(output);
    return true;
  } catch {
    return false;
  }
}

async function run({ short, seed, signal, say }: Settings) {
  const folder = await mkdtemp(join(tmpdir(), 'denseam-commands-'));
  const random = new Random(seed);
  const found: Record<string, number> = { 'command lines': 0 };
  const faults: string[] = [];
  const count = (what: string) => {
    found[what] = (found[what] ?? 0) + 1;
  };
  try {
    const values = Float64Array.from({ length: 60 }, () => random.normal());
    await writeNpz(join(folder, 'items.npz'), [{ name: 'values', shape: [20, 3], data: values }]);
    for (let i = 0; i < (short ? counts.short : counts.long) && !signal.aborted; i++) {
      const line = odd(lines[random.integer(lines.length)] as string[], random);
      const fault = await faultOf(line, folder, count);
      if (signal.aborted) break; // Ctrl-C ends the command, too
      count('command lines');
      if (fault) faults.push(`denseam ${JSON.stringify(line)}: ${fault.slice(0, 500).replaceAll('\n', ' | ')}`);
      if (i % 50 === 49) say(`${i + 1} command lines, ${faults.length} faults`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return { counts: found, faults };
}

export const part: Part = { name: 'commands', what: 'command lines with odd words', run };
