import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readNpz, toFloats, VonMisesFisherMemory } from '../../lib/index.ts';
import { npyFile, zipFile } from './archives.ts';
import { temporaryDirectory } from './support.ts';

const file = temporaryDirectory();

// What numpy.savez(path, values=values.astype("float16"), labels=labels) writes: numpy's integers have 64 bits unless
// one says otherwise.
const header = (descr: string, shape: string) => `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
const values = Uint16Array.of(0x3c00, 0, 0, 0x3c00, 0xbc00, 0, 0, 0);
const labels = [1, 2, 0, 1];

test.each<[string, ArrayBufferView]>([
  ['<i8', BigInt64Array.from(labels, BigInt)],
  ['<u8', BigUint64Array.from(labels, BigInt)],
  ['<i4', Int32Array.from(labels)],
  ['<i2', Int16Array.from(labels)],
  ['|i1', Int8Array.from(labels)],
  ['|u1', Uint8Array.from(labels)],
  ['<f8', Float64Array.from(labels)],
])('labels and directions of a file go straight into training: %s', async (descr, stored) => {
  const members = [
    { name: 'values.npy', bytes: npyFile(header('<f2', '(4, 2)'), new Uint8Array(values.buffer)) },
    { name: 'labels.npy', bytes: npyFile(header(descr, '(4,)'), new Uint8Array(stored.buffer)) },
  ];
  await writeFile(file('a.npz'), zipFile(members));
  const arrays = await readNpz(file('a.npz'));
  const [directions, classes] = [arrays.get('values'), arrays.get('labels')];
  if (!directions || !classes) throw new Error('not there');
  const data = { count: 4, dimension: 2, values: toFloats(directions.data), classes: 2, labels: classes.data };
  const options = { hiddenUnits: 2, beta: 1, maxEpochs: 2, validationShare: 0 };
  const memory = await VonMisesFisherMemory.train(data, options);
  const plain = await VonMisesFisherMemory.train({ ...data, labels }, options);
  expect(memory.history.map(({ loss }) => loss)).toEqual(plain.history.map(({ loss }) => loss));
  expect(memory.precision).toBe('float32');
});
