import { readFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { formatNpy, parseNpy } from '../../lib/io/numpy/npy.ts';
import { openSafetensors, writeSafetensors } from '../../lib/io/safetensors/safetensors.ts';
import { temporaryDirectory } from './support.ts';

// The files hold little-endian numbers whatever the machine. Here the library is told that the machine is the other way
// round from what it is, so every number must come out reversed in the file, and right again when it is read.
vi.mock('node:os', async (original) => {
  const os = await original<typeof import('node:os')>();
  return { ...os, endianness: () => (os.endianness() === 'LE' ? 'BE' : 'LE') };
});

const file = temporaryDirectory();

test('numbers are swapped on their way to and from a safetensors file', async () => {
  const data = new Float64Array([1, -2.5]);
  const tensors = [{ name: 'x', dtype: 'F64' as const, shape: [2] }];
  await writeSafetensors(file('a'), { tensors, chunks: [{ tensor: 'x', data }] });
  expect((await readFile(file('a'))).subarray(-8)).toEqual(Buffer.from(new Uint8Array(data.buffer, 8)).reverse());
  expect(data).toEqual(new Float64Array([1, -2.5])); // what was given is not swapped
  const opened = await openSafetensors(file('a'));
  await opened.verify();
  expect(await opened.read('x')).toEqual(data);
  await opened.close();
});

test('numbers are swapped on their way to and from .npy', () => {
  const data = new Float32Array([1, -2.5]);
  const bytes = formatNpy([2], data);
  expect(Buffer.from(bytes.slice(-4))).toEqual(Buffer.from(new Uint8Array(data.buffer, 4)).reverse());
  expect(parseNpy(bytes).data).toEqual(data);
});
