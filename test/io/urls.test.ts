import { readdir, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import {
  EuclideanMemory,
  GaussianMemory,
  gaussiansFrom,
  PointCloudMemory,
  readGaussians,
  readIdx,
  readNpy,
  readNpz,
  readWord2Gauss,
  VonMisesFisherMemory,
  writeNpz,
} from '../../lib/index.ts';
import { formatNpy } from '../../lib/io/numpy/npy.ts';
import { type FilePath, filePath } from '../../lib/io/path.ts';
import { expectFault, temporaryDirectory } from './support.ts';
import { modelMembers, tarGzFile } from './tar.ts';

// Every function that takes a path takes a file: URL, and no path of a folder.

const file = temporaryDirectory();
const url = (name: string) => pathToFileURL(file(name));
const name = 'with space #1 %41.bin';

const arrays = {
  means: { shape: [2, 1], data: Float64Array.of(1, 2) },
  covariances: { shape: [2], data: Float64Array.of(1, 2) },
};
const clouds = {
  count: 1,
  dimension: 1,
  offsets: Int32Array.of(0, 1),
  points: Float64Array.of(0),
  weights: Float64Array.of(1),
};
const directions = { count: 4, dimension: 2, values: Float64Array.of(1, 0, 0, 1, -1, 0, 0, -1), classes: 1 };
const training = { hiddenUnits: 2, beta: 1, maxEpochs: 1, validationShare: 0 };

describe('memories', () => {
  const makers: [() => Promise<{ save(path: FilePath): Promise<void> }>, (path: FilePath) => Promise<object>][] = [
    [
      async () => GaussianMemory.create(await gaussiansFrom({ ...arrays, kind: 'variance' })),
      (path) => GaussianMemory.load(path),
    ],
    [() => EuclideanMemory.create(directions), (path) => EuclideanMemory.load(path)],
    [() => PointCloudMemory.create(clouds, { epsilon: 1 }), (path) => PointCloudMemory.load(path)],
    [() => VonMisesFisherMemory.train(directions, training), (path) => VonMisesFisherMemory.load(path)],
  ];
  test.each(makers)('are saved and loaded', async (make, load) => {
    const memory = await make();
    for (const folder of ['', file('new/'), `${file()}/`, pathToFileURL(`${file()}/`)]) {
      const expected = /a path that ends with the name of a file for path/;
      await expectFault(memory.save(folder), 'ERR_RANGE', expected);
      await expectFault(load(folder), 'ERR_RANGE', expected);
    }
    expect(await readdir(file())).toEqual([]);
    await memory.save(url(name));
    expect((await load(url(name))).constructor).toBe(memory.constructor);
    await expectFault(
      memory.save(undefined as never),
      'ERR_SHAPE',
      /a path or a file: URL for path but received undefined/,
    );
    await expectFault(
      load(new URL('https://example.org/a')),
      'ERR_RANGE',
      /a file: URL for path .* "https:\/\/example/,
    );
  });

  test('checkpoints', async () => {
    const memory = await VonMisesFisherMemory.train(directions, { ...training, checkpoint: url(name) });
    const resumed = await VonMisesFisherMemory.resume(url(name), directions);
    expect(resumed.history.length).toBe(memory.history.length);
    const bad = VonMisesFisherMemory.train(directions, { ...training, checkpoint: new URL('data:,x') });
    await expectFault(bad, 'ERR_RANGE', /for options\.checkpoint/);
    const onEpoch = () => expect.fail('nothing is computed');
    for (const checkpoint of ['', file('new/')]) {
      const call = VonMisesFisherMemory.train(directions, { ...training, checkpoint, onEpoch });
      await expectFault(call, 'ERR_RANGE', /ends with the name of a file for options\.checkpoint/);
    }
    expect(await readdir(file())).toEqual([name]);
  });
});

test('readers, and the writer of arrays', async () => {
  await writeNpz(
    url(name),
    Object.entries(arrays).map(([each, array]) => ({ name: each, ...array })),
  );
  expect([...(await readNpz(url(name))).keys()]).toEqual(['means', 'covariances']);
  expect((await readGaussians(url(name), { kind: 'variance' })).count).toBe(2);
  await writeFile(file('means.npy'), formatNpy(arrays.means.shape, arrays.means.data));
  await writeFile(file('spread.npy'), formatNpy(arrays.covariances.shape, arrays.covariances.data));
  expect((await readNpy(url('means.npy'))).shape).toEqual([2, 1]);
  const two = { means: url('means.npy'), covariances: url('spread.npy') };
  expect((await readGaussians(two, { kind: 'variance' })).structure).toBe('isotropic');
  await writeFile(file(name), Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7));
  expect((await readIdx(url(name))).data).toEqual(Uint8Array.of(7));
  const model = { words: ['a'], means: [[1]], contexts: [[1]], variances: [[1], [1]] };
  await writeFile(file(name), tarGzFile(modelMembers(model)));
  expect((await readWord2Gauss(url(name))).words).toEqual(['a']);
});

test('a URL of another realm', () => {
  // What Jest and node:vm give a program: an object of another class URL.
  const foreign = runInContext('({ href, protocol: "file:" })', createContext({ href: url(name).href })) as URL;
  expect(filePath(foreign)).toBe(file(name));
});
