import { readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { DenseamError } from '../../lib/core/errors.ts';
import { readIdx } from '../../lib/io/idx.ts';
import { formatNpy, readNpy } from '../../lib/io/numpy/npy.ts';
import { readNpz } from '../../lib/io/numpy/npz.ts';
import { openSafetensors, writeSafetensors } from '../../lib/io/safetensors/safetensors.ts';
import { readWord2Gauss } from '../../lib/io/word2gauss/word2gauss.ts';
import { TestRandom } from '../support/random.ts';
import { reportSweep, sweepCount } from '../support/sweep.ts';
import { npyFile, temporaryDirectory, zipFile } from './support.ts';
import { modelMembers, tarGzFile } from './tar.ts';

// Damaged files of every kind are read, or refused with a code, soon; never anything else.

const file = temporaryDirectory();

const MOST_MILLISECONDS = 2000; // for a file of some hundred bytes, on a busy machine

const text = (dictionary: string, numbers: number) => npyFile(dictionary, new Uint8Array(numbers));
const model = { words: ['a', 'b'], means: [[1], [2]], contexts: [[1], [2]], variances: [[1], [1], [1], [1]] };

/** Good files, and what reads them. `checked`: a checksum covers every byte, so that no other numbers can come out. */
const kinds: Record<string, { bytes: Uint8Array; read: (path: string) => Promise<unknown>; checked: boolean }> = {
  npy: { bytes: formatNpy([2, 3], Float64Array.of(1, 2, 3, 4, 5, 6)), read: (path) => readNpy(path), checked: false },
  'npy of other spelling': {
    bytes: text(`{u"shape": (2L, 0x2,), # a\n 'fortran_order': True, r'descr': '>' 'i8'}`, 32),
    read: (path) => readNpy(path),
    checked: false,
  },
  npz: {
    bytes: zipFile([
      { name: '/a/b.npy', bytes: formatNpy([3], Float32Array.of(1, 2, 3)), deflate: true },
      { name: 'plain', bytes: formatNpy([2], Int32Array.of(4, 5)), zip64: true },
    ]),
    read: (path) => readNpz(path),
    checked: false, // names and the archive's own directory have no checksum
  },
  IDX: { bytes: Buffer.from([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]), read: readIdx, checked: false },
  'IDX, gzipped': {
    bytes: gzipSync(Buffer.from([0, 0, 8, 1, 0, 0, 0, 4, 1, 2, 3, 4])),
    read: (path) => readIdx(path),
    checked: false, // nor has the header of gzip
  },
  word2gauss: { bytes: tarGzFile(modelMembers(model)), read: (path) => readWord2Gauss(path), checked: false },
};

async function safetensors(): Promise<Uint8Array> {
  const tensors = [{ name: 'x', dtype: 'F64' as const, shape: [2] }];
  const metadata = { memory: 'x', settings: '{"a":[1,2],"b":{"c":"d"}}' };
  await writeSafetensors(file('good'), { tensors, metadata, chunks: [{ tensor: 'x', data: Float64Array.of(1, 2) }] });
  return readFile(file('good'));
}

async function readTensors(path: string): Promise<unknown> {
  const opened = await openSafetensors(path);
  try {
    return [opened.metadata, await opened.read('x')];
  } finally {
    await opened.close();
  }
}

/**
 * Changed in one of the ways in which files are damaged or forged: other bytes, less, more, or parts in other places.
 */
function damaged(bytes: Uint8Array, random: TestRandom): Uint8Array {
  const copy = Buffer.from(bytes);
  const at = random.below(copy.length);
  const length = random.below(Math.min(16, copy.length - at)) + 1;
  switch (random.below(6)) {
    case 0:
      return copy.subarray(0, at);
    case 1:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + length)]);
    case 2:
      return Buffer.concat([copy.subarray(0, at + length), copy.subarray(at)]);
    case 3:
      return copy.fill(random.below(2) * 0xff, at, at + length);
    case 4:
      copy.writeUInt8(`"'{}[](),:#\\L0123456789-<>|`.charCodeAt(random.below(26)), at);
      return copy;
    default:
      for (let i = random.below(4); i >= 0; i--) copy.writeUInt8(random.below(256), random.below(copy.length));
      return copy;
  }
}

test('damaged files are read or refused', async () => {
  const random = new TestRandom(20);
  const all = { ...kinds, safetensors: { bytes: await safetensors(), read: readTensors, checked: true } };
  const count = sweepCount({ test: 150, stress: 10_000 });
  const codes = new Map<string, number>();
  let slowest = 0;
  for (const [kind, { bytes, read, checked }] of Object.entries(all)) {
    await writeFile(file('a'), bytes);
    const right = await read(file('a'));
    for (let i = 0; i < count; i++) {
      const content = damaged(bytes, random);
      await writeFile(file('a'), content);
      const start = performance.now();
      const outcome = await read(file('a')).catch((error: unknown) => error);
      slowest = Math.max(slowest, performance.now() - start);
      const where = `${kind}, case ${i}: ${Buffer.from(content).toString('base64')}`;
      if (outcome instanceof Error) expect(outcome, where).toBeInstanceOf(DenseamError);
      else if (checked) expect(outcome, where).toEqual(right);
      const code = outcome instanceof DenseamError ? outcome.code : 'read';
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  }
  expect(slowest).toBeLessThan(MOST_MILLISECONDS);
  expect(codes.get('ERR_CORRUPT_FILE')).toBeGreaterThan(count);
  reportSweep('damaged files', { ...Object.fromEntries(codes), slowest: slowest.toFixed(0) });
}, 600_000);
