import { expect, test } from 'vitest';
import { ReadAhead, type Readable } from '../../lib/io/readAhead.ts';
import { TestRandom } from '../support/random.ts';

const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 5);

/** A file that counts how often it is read, and answers in its own time. */
class CountedFile implements Readable {
  calls = 0;

  async read(target: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    this.calls++;
    await new Promise((resolve) => setImmediate(resolve));
    const some = bytes.subarray(position, position + length);
    target.set(some, offset);
    return { bytesRead: some.length };
  }
}

test('neighbours cost one call for many', async () => {
  const file = new CountedFile();
  const ahead = new ReadAhead(file);
  for (let at = 0; at < bytes.length; at += 100) {
    const target = new Uint8Array(100);
    expect(await ahead.read(target, 0, 100, at)).toEqual({ bytesRead: 100 });
    expect(Buffer.compare(target, bytes.subarray(at, at + 100))).toBe(0);
  }
  expect(file.calls).toBe(Math.ceil(bytes.length / 65_500)); // so many whole hundreds are in 64 KiB
});

test('reads of any size, at any position and at the same time are those of the file', async () => {
  const random = new TestRandom(5);
  const ahead = new ReadAhead(new CountedFile());
  const reads = Array.from({ length: 300 }, async (_, i) => {
    const position = random.below(bytes.length + 1000); // also beyond the end
    const length = random.below(i % 10 === 0 ? 100_000 : 1000);
    if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    const target = new Uint8Array(length + 2);
    const { bytesRead } = await ahead.read(target, 1, length, position);
    const expected = new Uint8Array(length + 2);
    expected.set(bytes.subarray(position, position + length), 1);
    expect(bytesRead).toBe(bytes.subarray(position, position + length).length);
    expect(Buffer.compare(target, expected)).toBe(0);
  });
  await Promise.all(reads);
});
