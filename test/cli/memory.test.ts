import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { GaussianMemory } from '../../lib/index.ts';
import { readNpz } from '../../lib/io/numpy/npz.ts';
import { type NamedArray, writeNpz } from '../../lib/io/numpy/writeNpz.ts';
import { openSafetensors } from '../../lib/io/safetensors/safetensors.ts';
import { commandLine } from './support.ts';

const { folder, denseam } = commandLine();
const path = (name: string) => join(folder, name);

const array = (name: string, shape: number[], ...numbers: number[]): NamedArray => {
  return { name, shape, data: Float64Array.from(numbers) };
};
/** Unit Gaussians on the line at 0 and 10, and a query near the second. */
const items = {
  count: 2,
  dimension: 1,
  structure: 'isotropic',
  means: Float64Array.of(0, 10),
  covariances: Float64Array.of(1, 1),
} as const;
const query = { ...items, count: 1, means: Float64Array.of(9), covariances: Float64Array.of(4) };

/** Runs a command that must succeed and prints JSON. */
function json(...args: string[]) {
  const { status, stdout, stderr } = denseam('memory', ...args, '--json');
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

beforeAll(async () => {
  await writeNpz(path('items.npz'), [array('mu', [2, 1], 0, 10), array('spread', [2], 0, 0)]);
  await writeNpz(path('query.npz'), [array('means', [1, 1], 9), array('covariances', [1], 4)]);
  await writeNpz(path('vectors.npz'), [array('values', [2, 2], 0, 0, 3, 4)]);
  const points = array('points', [3, 1], 0, 1, 5);
  const weights = array('weights', [3], 0.5, 0.5, 1);
  await writeNpz(path('clouds.npz'), [points, weights, array('sizes', [2], 2, 1)]);
  await writeNpz(path('offsets.npz'), [points, weights, array('offsets', [3], 0, 2, 3)]);
  const names = ['--spread', 'logVariance', '--means', 'mu', '--covariances', 'spread'];
  json('create', 'items.npz', 'gaussians.safetensors', '--kind', 'gaussian', ...names);
  json('create', 'vectors.npz', 'vectors.safetensors', '--kind', 'euclidean');
  json('create', 'clouds.npz', 'clouds.safetensors', '--kind', 'pointcloud', '--epsilon', '0.5');
}, 60_000);

describe('denseam memory', () => {
  it('stores every kind and says what is in the file', () => {
    const gaussian = { kind: 'gaussian', dimension: 1, precision: 'float64', size: 2, structure: 'isotropic' };
    expect(json('info', 'gaussians.safetensors')).toMatchObject(gaussian);
    expect(json('info', 'vectors.safetensors')).toMatchObject({ kind: 'euclidean', dimension: 2, size: 2 });
    expect(json('info', 'clouds.safetensors')).toMatchObject({ kind: 'pointcloud', size: 2, epsilon: 0.5 });
    expect(denseam('memory', 'info', 'clouds.safetensors').stdout).toMatch(/^kind +pointcloud$/m);
  });

  it('recalls as the library does, into every format', async () => {
    const memory = await GaussianMemory.create(items);
    const expected = await memory.retrieve(query, { beta: 0.1 });
    const args = ['retrieve', 'gaussians.safetensors', 'query.npz', '--spread', 'variance', '--beta', '0.1'];
    const printed = json(...args);
    expect(printed.means).toEqual([Array.from(expected.states.means)]);
    expect(printed.energy).toEqual(Array.from(expected.energy));
    expect(printed.stopped).toEqual([expected.stopped]);

    json(...args, '--out', 'recalled.npz');
    const arrays = await readNpz(path('recalled.npz'));
    expect(arrays.get('means')).toEqual({ shape: [1, 1], dtype: 'float64', data: expected.states.means });
    expect(arrays.get('nearest')?.data).toEqual(Int32Array.of(1));
    json(...args, '--out', 'recalled.safetensors');
    const file = await openSafetensors(path('recalled.safetensors'));
    expect(await file.read('covariances')).toEqual(expected.states.covariances);
    await file.close();
  });

  it('recalls with several betas, an axis for them in front', async () => {
    const memory = await GaussianMemory.create(items);
    const found = await memory.sweep(query, { betas: [0.001, 2] });
    const args = ['retrieve', 'gaussians.safetensors', 'query.npz', '--spread', 'variance', '--beta', '0.001,2'];
    json(...args, '--out', 'sweep.npz');
    const arrays = await readNpz(path('sweep.npz'));
    expect(arrays.get('betas')?.data).toEqual(Float64Array.of(0.001, 2));
    expect(arrays.get('means')?.shape).toEqual([2, 1, 1]);
    expect(Array.from(arrays.get('means')?.data ?? [])).toEqual(
      found.flatMap(({ states }) => Array.from(states.means)),
    );
    const { stdout } = denseam('memory', ...args);
    expect(stdout).toContain('squared distance');
    expect(stdout.trimEnd().split('\n')).toHaveLength(6);
  });

  it('finds the nearest items', async () => {
    const args = ['nearest', 'gaussians.safetensors', 'query.npz', '--spread', 'variance', '-k', '2'];
    // |9 - 10|^2 + (2 - 1)^2 and |9 - 0|^2 + (2 - 1)^2.
    expect(json(...args)).toEqual({ indices: [[1, 0]], distances: [[2, 82]] });
    expect(json('nearest', 'vectors.safetensors', 'vectors.npz', '-k', '2')).toEqual({
      indices: [
        [0, 1],
        [1, 0],
      ],
      distances: [
        [0, 25],
        [0, 25],
      ],
    });
  });

  it('takes point clouds by sizes or offsets', async () => {
    const retrieve = (queries: string) =>
      json('retrieve', 'clouds.safetensors', queries, '--beta', '20', '--reweight-step', '0');
    const found = retrieve('clouds.npz');
    expect(found.offsets).toEqual([0, 2, 3]);
    expect(found.nearest).toEqual([0, 1]);
    // The weights stay where nothing moves them.
    expect(found.weights).toEqual([0.5, 0.5, 1]);
    expect(retrieve('offsets.npz')).toEqual(found);
    expect(json('nearest', 'clouds.safetensors', 'offsets.npz').indices).toEqual([[0], [1]]);
  });

  it.each([
    [['create', 'items.npz', 'x'], "required option '--kind <kind>' not specified"],
    [['create', 'items.npz', 'x', '--kind', 'other'], 'Allowed choices are gaussian, euclidean, pointcloud.'],
    [['create', 'items.npz', 'x', '--kind', 'gaussian'], 'Expected --spread: what the array "covariances" holds'],
    [['create', 'clouds.npz', 'x', '--kind', 'pointcloud'], 'Expected --epsilon for point clouds'],
    [['create', 'items.npz', '--kind', 'gaussian'], "missing required argument 'memory'"],
    [['retrieve', 'gaussians.safetensors', 'query.npz'], "required option '--beta <n>' not specified"],
    [['retrieve', 'gaussians.safetensors', 'query.npz', '--beta', '1,,2'], 'Expected a number, or several with commas'],
    [
      ['retrieve', 'vectors.safetensors', 'vectors.npz', '--beta', '1', '--ridge', '1'],
      'Expected --ridge only for Gaussians',
    ],
    [
      ['retrieve', 'vectors.safetensors', 'vectors.npz', '--beta', '1', '--out', 'x.csv'],
      'Expected a file that ends in .npz, .safetensors, .json for --out',
    ],
    [['nearest', 'vectors.safetensors', 'vectors.npz', '-k', '0'], 'Expected an integer of 1 or more'],
  ])('refuses %o as a mistake of the command line', (args, message) => {
    const { status, stdout, stderr } = denseam('memory', ...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it.each([
    [
      ['retrieve', 'vectors.safetensors', 'vectors.npz', '--beta', '-1'],
      'Expected a finite number above 0 for --beta[0] but received -1 (ERR_RANGE)',
    ],
    [
      ['nearest', 'vectors.safetensors', 'vectors.npz', '-k', '3'],
      'Expected an integer from 1 to 2 for -k but received 3 (ERR_RANGE)',
    ],
    [
      ['nearest', 'gaussians.safetensors', 'items.npz', '--spread', 'variance'],
      'it has no array "means", only [mu, spread] (ERR_CORRUPT_FILE)',
    ],
    [['info', 'nowhere.safetensors'], 'Cannot read file "nowhere.safetensors": no such file or directory (ENOENT)'],
    [['info', 'items.npz'], 'not a denseam file but a zip archive'],
    [['create', 'vectors.npz', 'no/where', '--kind', 'euclidean'], 'Cannot write file "no/where"'],
  ])('says in one line why %o fails', (args, message) => {
    const { status, stdout, stderr } = denseam('memory', ...args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    const errors = stderr.split('\n').filter((line) => line.startsWith('Error: '));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(message);
    expect(stderr).not.toContain('    at ');
  });

  it('says what is wrong with the clouds in a file', async () => {
    const points = array('points', [3, 1], 0, 1, 5);
    const weights = array('weights', [3], 0.5, 0.5, 1);
    for (const [sizes, message] of [
      [[2, 2], 'its clouds begin or end at point 4, and it has 3 points'],
      [[1, 1], 'its clouds have 2 points, and it has 3'],
      [[1.5, 1.5], 'its clouds begin or end at point 1.5'],
    ] as const) {
      await writeNpz(path('bad.npz'), [points, weights, array('sizes', [2], ...sizes)]);
      writeFileSync(path('bad.safetensors'), 'as it was');
      const { status, stderr } = denseam(
        'memory',
        'create',
        'bad.npz',
        'bad.safetensors',
        '--kind',
        'pointcloud',
        '--epsilon',
        '1',
      );
      expect(status).toBe(1);
      expect(stderr).toContain(message);
      expect(readFileSync(path('bad.safetensors'), 'utf8')).toBe('as it was');
    }
  });

  it.each(['create', 'info', 'retrieve', 'nearest'])('shows examples of %s', (command) => {
    const { status, stdout } = denseam('memory', command, '--help');
    expect(status).toBe(0);
    expect(stdout).toContain(`Examples:\n  denseam memory ${command} `);
    for (const option of ['--json', '--threads <n>']) expect(stdout).toContain(option);
  });
});
