import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatNpy } from '../../lib/io/numpy/npy.ts';
import { zipFile } from '../io/archives.ts';
import { modelMembers, tarGzFile } from '../io/tar.ts';
import { type Example, examples, makeFolder, readDocument, runExamples, typeErrors } from './document.ts';

const guide = readDocument('docs/gaussian.md');
const all = examples(guide);
const { folder, remove } = makeFolder();
let printed: string[];

const title = ({ program }: Example) => `line ${program.line}`;

/** Whether this machine has what the guide's Python needs. */
const python = 'python3';
const hasPython = spawnSync(python, ['-c', 'import numpy, safetensors'], { stdio: 'ignore' }).status === 0;

beforeAll(() => {
  // What the examples on files read.
  const logVariances = new Float64Array(32).fill(-1);
  const arrays = { mu: new Float64Array(32), log_var: logVariances };
  const members = Object.entries(arrays).map(([name, data]) => ({
    name: `${name}.npy`,
    bytes: formatNpy([4, 8], data),
  }));
  writeFileSync(join(folder, 'encoder.npz'), zipFile(members));
  const model = {
    words: ['animal', 'dog', 'cat'],
    means: [
      [0, 0],
      [1, 0.5],
      [1, -0.5],
    ],
    contexts: [
      [0, 1],
      [1, 1],
      [1, 0],
    ],
    variances: [[1.5], [0.7], [0.7], [1], [1], [1]],
  };
  writeFileSync(join(folder, 'word2gauss.tar.gz'), tarGzFile(modelMembers(model)));
  printed = runExamples(all, folder);
}, 120_000);

afterAll(remove);

describe('the guide to the Gaussian memory', () => {
  it('has examples that use the public types as they are', () => {
    expect(all.length).toBeGreaterThan(5);
    expect(typeErrors(all, folder)).toEqual([]);
  }, 120_000);

  it.each(all.map((example, i) => [title(example), example, i] as const))(
    'prints what it says: %s',
    (_, { output = '' }, i) => {
      expect(printed[i]).toBe(output);
    },
  );

  it.runIf(hasPython).each(examples(guide, ['python']).map((example) => [title(example), example] as const))(
    'prints what it says in Python: %s',
    (_, { program, output = '' }) => {
      const { stdout } = spawnSync(python, ['-c', program.text], { cwd: folder, encoding: 'utf8' });
      expect(stdout).toBe(output);
    },
  );
});
