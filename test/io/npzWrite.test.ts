import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readNpz } from '../../lib/io/numpy/npz.ts';
import { writeNpz } from '../../lib/io/numpy/writeNpz.ts';
import { expectFault, temporaryDirectory } from './support.ts';

const inFolder = temporaryDirectory();
const arrays = [
  { name: 'doubles', shape: [2, 3], data: Float64Array.of(1, -2, 1 / 3, 4e300, 5e-324, -0) },
  { name: 'singles', shape: [3], data: Float32Array.of(0.1, 1e38, -1) },
  { name: 'integers', shape: [2, 1, 2], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, 7) },
  { name: 'nothing', shape: [0, 5], data: new Float64Array(0) },
  { name: 'one', shape: [], data: Float64Array.of(42) },
];
const hasNumpy = spawnSync('python3', ['-c', 'import numpy'], { stdio: 'ignore' }).status === 0;

describe('writing .npz files', () => {
  it('gives back every number and shape', async () => {
    await writeNpz(inFolder('all.npz'), arrays);
    const read = await readNpz(inFolder('all.npz'));
    expect([...read.keys()]).toEqual(arrays.map(({ name }) => name));
    for (const { name, shape, data } of arrays) {
      expect(read.get(name)?.shape).toEqual(shape);
      expect(Array.from(read.get(name)?.data ?? [])).toEqual(Array.from(data));
    }
    expect(read.get('singles')?.data).toBeInstanceOf(Float32Array);
  });

  it('takes arrays of more than one piece, and views', async () => {
    const whole = Float64Array.from({ length: 400_000 }, (_, i) => Math.sin(i));
    await writeNpz(inFolder('large.npz'), [{ name: 'x', shape: [399_999], data: whole.subarray(1) }]);
    const read = (await readNpz(inFolder('large.npz'))).get('x')?.data as Float64Array;
    expect(Buffer.compare(Buffer.from(read.buffer), Buffer.from(whole.buffer, 8))).toBe(0);
  });

  it.runIf(hasNumpy)('is read by numpy', async () => {
    await writeNpz(inFolder('all.npz'), arrays);
    const program = `import numpy, sys
for name, x in numpy.load(sys.argv[1]).items(): print(name, x.dtype, x.shape, x.sum())`;
    const { stdout } = spawnSync('python3', ['-c', program, inFolder('all.npz')], { encoding: 'utf8' });
    expect(stdout.split('\n').slice(2, 5)).toEqual([
      'integers int32 (2, 1, 2) 6',
      'nothing float64 (0, 5) 0.0',
      'one float64 () 42.0',
    ]);
  });

  it('writes the same bytes again', async () => {
    await writeNpz(inFolder('a.npz'), arrays);
    await writeNpz(inFolder('b.npz'), arrays);
    expect(await readFile(inFolder('a.npz'))).toEqual(await readFile(inFolder('b.npz')));
  });

  it('leaves the old file where it fails', async () => {
    await writeFile(inFolder('old.npz'), 'old');
    const bad = { name: 'x', shape: [2], data: Float64Array.of(1) };
    await expectFault(
      writeNpz(inFolder('old.npz'), [bad]),
      'ERR_SHAPE',
      /the numbers of shape \(2\) for arrays\[0\]\.data .* but received 1/,
    );
    const aborted = { signal: AbortSignal.abort(new Error('enough')) };
    await expect(writeNpz(inFolder('old.npz'), arrays, aborted)).rejects.toThrow('enough');
    expect(await readFile(inFolder('old.npz'), 'utf8')).toBe('old');
    await expect(writeNpz(inFolder('no/where.npz'), arrays)).rejects.toThrow(/Cannot write file .*ENOENT/);
  });
});

describe('arguments that make no archive', () => {
  const array = { name: 'a', shape: [1], data: Float64Array.of(1) };

  it.each<[what: string, shape: unknown, message: RegExp]>([
    ['a Symbol', [Symbol('q')], /the numbers of shape \(Symbol\(q\)\) for arrays\[0\]\.data \("a"\) but received 1$/],
    ['an object without methods', [Object.create(null)], /shape \(an empty object\) for/],
    ['a long text', ['x'.repeat(1e6)], /shape \("xxx/],
    ['very many axes', Array(1e5).fill(2), /at most 64 axes for arrays\[0\]\.shape \("a"\) but received 100000$/],
    ['many axes', Array(64).fill(2), /shape \(2, 2, 2, 2, 2, 2, 2, 2, \.\.\.\) for/],
    ['no array', 'x', /an array of whole numbers for arrays\[0\]\.shape \("a"\) but received "x"$/],
  ])('a shape of %s', async (_, shape, message) => {
    const error = await expectFault(
      writeNpz(inFolder('bad.npz'), [{ ...array, shape } as typeof array]),
      'ERR_SHAPE',
      message,
    );
    expect(error.argument).toMatch(/^arrays\[0\]\.(shape|data) \("a"\)$/);
    expect(error.message.length).toBeLessThan(300);
  });

  it.each([
    ['/layer/bias', /a name that does not begin with a slash for arrays\[0\]\.name but received "\/layer\/bias"/],
    ['C:bias', /does not begin with a drive letter/],
    ['a\\b', /without backslashes and null characters/],
    ['a\0b', /without backslashes and null characters for .* "a\\0b"/],
    ['a/../b', /without "\.\." folders/],
    ['x'.repeat(70_000), /at most 65531 bytes/],
  ])('the name %.20s', async (name, message) => {
    await expectFault(writeNpz(inFolder('bad.npz'), [{ ...array, name }]), 'ERR_RANGE', message);
  });

  it('a name twice', async () => {
    await expectFault(writeNpz(inFolder('bad.npz'), [array, array]), 'ERR_RANGE', /its own for arrays\[1\]\.name/);
  });

  it('a path that no system has', async () => {
    const error = await readNpz('x'.repeat(1e6)).catch((caught) => caught);
    expect(error).toMatchObject({
      code: 'ENAMETOOLONG',
      message: expect.stringMatching(/^Cannot read file "x{250}\.\.\.x{250}"/),
    });
    expect(error.message.length).toBeLessThan(700);
  });
});
