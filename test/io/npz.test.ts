import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatNpy, parseNpy } from '../../lib/io/numpy/npy.ts';
import { readNpz } from '../../lib/io/numpy/npz.ts';
import { check } from '../support/check.ts';
import { npyFile, type ZipMember, zipFile } from './archives.ts';
import { expectFault, temporaryDirectory } from './support.ts';

const file = temporaryDirectory();

const means = formatNpy([2, 2], new Float32Array([1, 2, 3, 4]));
const variances = formatNpy(
  [300],
  Float64Array.from({ length: 300 }, (_, i) => i % 7),
);

const bytesOf = (data: ArrayBufferView = new Float64Array()) =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength);

async function archive(members: readonly ZipMember[]): Promise<string> {
  await writeFile(file('a.npz'), zipFile(members));
  return file('a.npz');
}

const GOLDEN_STORED =
  'UEsDBC0AAAAAAAAAIQBb/sUa//////////8JABQAbWVhbnMubnB5AQAQAJgAAAAAAAAAmAAAAAAAAACTTlVNUFkBAHYAeydkZXNjcic6ICc8ZjQn' +
  'LCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg' +
  'ICAgICAgICAgICAgICAgICAgCgAAwD8AAADAAABAQAAAgEAAAKBAAADIQFBLAwQtAAAAAAAAACEATulc4P//////////DwAUAGNvdmFyaWFuY2Vz' +
  'Lm5weQEAEADAAAAAAAAAAMAAAAAAAAAAk05VTVBZAQB2AHsnZGVzY3InOiAnPmY4JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAo' +
  'MiwgMiwgMiksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAEAQAAAAAAAA' +
  'QAAAAAAAAABAGAAAAAAAAD/wAAAAAAAAQBQAAAAAAABACAAAAAAAAEAcAAAAAAAAUEsBAi0DLQAAAAAAAAAhAFv+xRqYAAAAmAAAAAkAAAAAAAAA' +
  'AAAAAIABAAAAAG1lYW5zLm5weVBLAQItAy0AAAAAAAAAIQBO6VzgwAAAAMAAAAAPAAAAAAAAAAAAAACAAdMAAABjb3ZhcmlhbmNlcy5ucHlQSwUG' +
  'AAAAAAIAAgB0AAAA1AEAAAAA';
const GOLDEN_DEFLATED =
  'UEsDBC0AAAAIAAAAIQBb/sUa//////////8JABQAbWVhbnMubnB5AQAQAJgAAAAAAAAAWgAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2ai' +
  'rqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOgrGmjoKtQpkAy4GhgP2DECCgcHBgYGhAYgXAPEJBwBQSwMELQAAAAgAAAAhAE7pXOD/' +
  '/////////w8AFABjb3ZhcmlhbmNlcy5ucHkBABAAwAAAAAAAAABcAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6XZqGuo6Cell9UUpSYF59f' +
  'lJIKEg8pKk0FChdnJBakArkaRjoKIKSpo1CrQCbgYoACBwEoDeNLQGj7D1C+CJTmgNIyEBoAUEsBAi0DLQAAAAgAAAAhAFv+xRpaAAAAmAAAAAkA' +
  'AAAAAAAAAAAAAIABAAAAAG1lYW5zLm5weVBLAQItAy0AAAAIAAAAIQBO6VzgXAAAAMAAAAAPAAAAAAAAAAAAAACAAZUAAABjb3ZhcmlhbmNlcy5u' +
  'cHlQSwUGAAAAAAIAAgB0AAAAMgEAAAAA';

describe('reading', () => {
  test.each([
    ['savez', GOLDEN_STORED],
    ['savez_compressed', GOLDEN_DEFLATED],
  ])('what numpy 2.4 wrote with %s', async (_, golden) => {
    await writeFile(file('a.npz'), Buffer.from(golden, 'base64'));
    const arrays = await readNpz(file('a.npz'));
    expect([...arrays]).toEqual([
      ['means', { shape: [2, 3], dtype: 'float32', data: new Float32Array([1.5, -2, 3, 4, 5, 6.25]) }],
      ['covariances', { shape: [2, 2, 2], dtype: 'float64', data: new Float64Array([0, 1, 2, 3, 4, 5, 6, 7]) }],
    ]);
  });

  test('stored, deflated and zip64 members in any mixture', async () => {
    const memberArbitrary = fc.record({
      length: fc.integer({ min: 0, max: 30_000 }),
      deflate: fc.boolean(),
      zip64: fc.boolean(),
    });
    await check(fc.array(memberArbitrary, { maxLength: 4 }), 40, async (members) => {
      const arrays = members.map(({ length }, i) => Float64Array.from({ length }, (_, k) => Math.cos(i + k)));
      const path = await archive(
        members.map(({ deflate, zip64 }, i) => {
          const data = arrays[i] as Float64Array;
          return { name: `x${i}.npy`, bytes: formatNpy([data.length], data), deflate, zip64 };
        }),
      );
      const read = await readNpz(path);
      expect([...read.keys()]).toEqual(arrays.map((_, i) => `x${i}`));
      for (const [i, data] of arrays.entries()) {
        expect(read.get(`x${i}`)?.shape).toEqual([data.length]);
        expect(Buffer.compare(bytesOf(read.get(`x${i}`)?.data), bytesOf(data))).toBe(0);
      }
    });
  });

  test('a deflated member that is read in several pieces', async () => {
    const bytes = formatNpy([4, 100_000], new Float64Array(Uint8Array.from(randomBytes(3_200_000)).buffer));
    const path = await archive([{ name: 'x.npy', bytes, deflate: true }]);
    const { data } = (await readNpz(path)).get('x') ?? {};
    expect(Buffer.compare(bytesOf(data), bytes.subarray(-3_200_000))).toBe(0);
  });

  test('only the arrays asked for, whatever else is there', async () => {
    const objects = npyFile("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", new Uint8Array(3));
    const path = await archive([
      { name: 'README.txt', bytes: Buffer.from('hello') },
      { name: 'objects.npy', bytes: objects },
      { name: 'means.npy', bytes: means, deflate: true },
    ]);
    expect([...(await readNpz(path, ['means'])).keys()]).toEqual(['means']);
    expect([...(await readNpz(path, ['means.npy'])).keys()]).toEqual(['means.npy']);
    await expectFault(readNpz(path, ['README.txt']), 'ERR_UNSUPPORTED', /README\.txt": it holds no array/);
    await expectFault(readNpz(path), 'ERR_UNSUPPORTED', /a\.npz\/objects\.npy": it holds Python objects/);
    await expectFault(
      readNpz(path, ['means', 'x']),
      'ERR_CORRUPT_FILE',
      /no array "x", only \[README\.txt, objects, means\]/,
    );
  });

  test('nothing is written by the name of a member', async () => {
    const names = ['../stray.npy', '/stray.npy', 'folder/../../stray.npy'];
    const path = await archive(names.map((name) => ({ name, bytes: means })));
    expect([...(await readNpz(path)).keys()]).toEqual(['../stray', '/stray', 'folder/../../stray']);
    expect(await readdir(file())).toEqual(['a.npz']);
    for (const folder of [file('..'), '/']) expect((await readdir(folder)).join()).not.toContain('stray');
  });

  test('a name twice: the last counts, as in numpy', async () => {
    const later = formatNpy([1], Float64Array.of(5));
    const path = await archive([
      { name: 'm.npy', bytes: means },
      { name: 'm.npy', bytes: later },
    ]);
    expect((await readNpz(path)).get('m')?.data).toEqual(Float64Array.of(5));
  });

  test('what follows the numbers of a member is ignored, but its checksum covers it', async () => {
    for (const deflate of [false, true]) {
      const bytes = Buffer.concat([means, Buffer.alloc(3_000_000), means]);
      const path = await archive([{ name: 'm.npy', bytes, deflate }]);
      expect((await readNpz(path)).get('m')?.shape).toEqual([2, 2]);
    }
    const path = await archive([{ name: 'm.npy', bytes: Buffer.concat([means, Buffer.from('behind')]) }]);
    const altered = await readFile(path);
    altered.write('altere', altered.indexOf('behind'));
    await writeFile(path, altered);
    await expectFault(readNpz(path), 'ERR_CORRUPT_FILE', /checksum/);
  });

  test('a deflated member that unzips to more than the archive says', async () => {
    const bytes = formatNpy([100_000], new Float64Array(100_000));
    const path = await archive([{ name: 'm.npy', bytes, deflate: true, claimedSize: 128 + 800 }]);
    await expectFault(readNpz(path), 'ERR_CORRUPT_FILE', /truncated: it has 800 bytes of numbers/);
  });

  test('members in any order, with data descriptors and gaps between them', async () => {
    const descriptor = { flags: 8, gap: 16 };
    const members = [
      { name: 'a.npy', bytes: means, deflate: true, ...descriptor },
      { name: 'b.npy', bytes: variances, ...descriptor },
      { name: 'c.npy', bytes: means, gap: 1000 },
      { name: 'd.npy', bytes: means },
    ];
    await writeFile(file('a.npz'), zipFile(members, true));
    const arrays = await readNpz(file('a.npz'));
    expect([...arrays.keys()]).toEqual(['d', 'c', 'b', 'a']);
    expect(arrays.get('b')).toEqual(parseNpy(variances));
    // One member by two names, which overlaps itself alone.
    expect([...(await readNpz(file('a.npz'), ['c', 'c.npy'])).values()]).toEqual(Array(2).fill(parseNpy(means)));
  });

  test('stops with the reason of the signal', async () => {
    const path = await archive([{ name: 'means.npy', bytes: means }]);
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(readNpz(path, undefined, { signal })).rejects.toBe(signal.reason);
    const controller = new AbortController();
    const reading = readNpz(path, undefined, { signal: controller.signal });
    controller.abort(new Error('later'));
    await expect(reading).rejects.toBe(controller.signal.reason);
  });
});

describe('archives that are not good', () => {
  test.each<[string, ZipMember[], RegExp]>([
    ['altered', [{ name: 'm.npy', bytes: means, crc32: 1 }], /m\.npy": altered: it does not match the checksum/],
    [
      'claims more',
      [{ name: 'm.npy', bytes: means, deflate: true, claimedSize: 999 }],
      /m\.npy": truncated: it has fewer than the expected 999 bytes/,
    ],
    ['claims fewer', [{ name: 'm.npy', bytes: means, deflate: true, claimedSize: 130 }], /m\.npy": truncated/],
    ['no npy inside', [{ name: 'm.npy', bytes: Buffer.from('hello') }], /m\.npy": not an \.npy file/],
    ['truncated npy inside', [{ name: 'm.npy', bytes: means.subarray(0, -1) }], /m\.npy": truncated/],
  ])('%s', async (_, members, message) => {
    await expectFault(readNpz(await archive(members)), 'ERR_CORRUPT_FILE', message);
  });

  test('many arrays from the bytes of one', async () => {
    const many = Array.from({ length: 300 }, (_, i) => ({ name: `x${i}.npy`, bytes: means, deflate: true, at: 0 }));
    const path = await archive([{ name: 'm0.npy', bytes: means, deflate: true }, ...many]);
    await expectFault(readNpz(path), 'ERR_CORRUPT_FILE', /m0\.npy": it overlaps another member of the archive/);
    await expectFault(readNpz(path, ['x7', 'x8']), 'ERR_CORRUPT_FILE', /x7\.npy": it overlaps another member/);
    expect((await readNpz(path, ['x8'])).get('x8')?.data).toEqual(Float32Array.of(1, 2, 3, 4));
  });

  test('a member within another one, and one that ends in the next', async () => {
    const inner = { name: 'inner.npy', bytes: means };
    const outer = { name: 'outer', bytes: zipFile([inner]) };
    const path = await archive([outer, { ...inner, at: 30 + outer.name.length }]);
    await expectFault(readNpz(path), 'ERR_CORRUPT_FILE', /outer": it overlaps/);
    expect((await readNpz(path, ['inner'])).get('inner')).toEqual(parseNpy(means));
    // A local header that grows by a byte moves its member's end into the next member's header.
    const bytes = Buffer.from(zipFile([inner, { name: 'next.npy', bytes: means }]));
    bytes.writeUInt16LE(1, 28);
    await writeFile(file('a.npz'), bytes);
    await expectFault(readNpz(file('a.npz')), 'ERR_CORRUPT_FILE', /inner\.npy": it overlaps/);
  });

  test.each<[string, ZipMember[], RegExp]>([
    [
      'another compression',
      [{ name: 'm.npy', bytes: means, method: 12 }],
      /m\.npy": compression method 12 is not supported/,
    ],
    ['encrypted', [{ name: 'm.npy', bytes: means, deflate: true, flags: 1 }], /m\.npy": it is encrypted/],
  ])('of a kind that is not read: %s', async (_, members, message) => {
    await expectFault(readNpz(await archive(members)), 'ERR_UNSUPPORTED', message);
  });

  test('every truncation', async () => {
    const bytes = zipFile([
      { name: 'means.npy', bytes: means },
      { name: 'variances.npy', bytes: variances, deflate: true },
    ]);
    for (let length = 0; length < bytes.length; length++) {
      await writeFile(file('a.npz'), bytes.subarray(0, length));
      await expectFault(readNpz(file('a.npz')), 'ERR_CORRUPT_FILE', /a\.npz/);
    }
  });

  test('every byte of a member, changed: refused, or the numbers are the same', async () => {
    // Deflate has several encodings of the same bytes, and unused bits at its end.
    const original = zipFile([{ name: 'variances.npy', bytes: variances, deflate: true }]);
    const start = 30 + 'variances.npy'.length;
    const end = original.length - 22 - 46 - 'variances.npy'.length;
    for (let at = start; at < end; at++) {
      const altered = Buffer.from(original);
      altered.writeUInt8(altered.readUInt8(at) ^ 0x10, at);
      await writeFile(file('a.npz'), altered);
      const read = await readNpz(file('a.npz')).catch((error: unknown) => error);
      if (read instanceof Map) expect(read.get('variances')).toEqual(parseNpy(variances));
      // A header is judged when it comes, the checksum when all has come: an altered version or type reads as an
      // unknown one.
      else {
        const code = expect.stringMatching(/^ERR_(CORRUPT_FILE|UNSUPPORTED)$/);
        expect(read).toMatchObject({ code, message: expect.stringContaining('variances.npy') });
      }
    }
  });

  test('other files', async () => {
    await writeFile(file('a.npz'), means);
    await expectFault(readNpz(file('a.npz')), 'ERR_CORRUPT_FILE', /not an \.npz file but an \.npy file/);
    await writeFile(file('a.npz'), 'hello');
    await expectFault(readNpz(file('a.npz')), 'ERR_CORRUPT_FILE', /it is no zip archive/);
    await expect(readNpz(file('none.npz'))).rejects.toMatchObject({ code: 'ENOENT', path: file('none.npz') });
  });
});
