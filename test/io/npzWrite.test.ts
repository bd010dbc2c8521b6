import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readNpz } from '../../lib/io/npz.ts';
import { writeNpz } from '../../lib/io/npzWrite.ts';
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
    await expectFault(writeNpz(inFolder('old.npz'), [bad]), 'ERR_SHAPE', /shape \(2\) but received 1/);
    const aborted = { signal: AbortSignal.abort(new Error('enough')) };
    await expect(writeNpz(inFolder('old.npz'), arrays, aborted)).rejects.toThrow('enough');
    expect(await readFile(inFolder('old.npz'), 'utf8')).toBe('old');
    await expect(writeNpz(inFolder('no/where.npz'), arrays)).rejects.toThrow(/Cannot write file .*ENOENT/);
  });
});
