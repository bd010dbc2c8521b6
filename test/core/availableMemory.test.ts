/** What does not fit is refused, but not for memories that nobody holds any more. */
import { describe, expect, it, vi } from 'vitest';
import { allocate } from '../../lib/core/allocation.ts';
import { fitsInMemory } from '../../lib/core/availableMemory.ts';
import * as cgroups from '../../lib/core/cgroups.ts';
import { EuclideanMemory } from '../../lib/index.ts';
import { native } from '../../lib/native/addon.ts';

const mebibyte = 2 ** 20;

/** Says that a container has a gibibyte, of which everything on the native side is used. */
function limited(limit: number): () => void {
  const files = (path: string) => {
    if (path.endsWith('memory.max')) return String(limit);
    if (path.endsWith('memory.current')) return String(native.keptMemory());
    return path.endsWith('meminfo') ? 'MemAvailable: 999999999 kB' : '';
  };
  const readText = vi.spyOn(cgroups, 'readText').mockImplementation(files);
  const groups = vi.spyOn(cgroups, 'controlGroups').mockReturnValue({ version: 2, folders: ['/'] });
  return () => {
    readText.mockRestore();
    groups.mockRestore();
  };
}

describe.runIf(process.platform === 'linux')('a container of 1 GiB', { timeout: 60_000 }, () => {
  it('has room for a memory after 24 of 50 MB that nobody holds', async () => {
    const count = 50e6 / 8 / 100;
    const items = { count, dimension: 100, values: new Float64Array(count * 100) };
    const restore = limited(1024 * mebibyte);
    try {
      for (let i = 0; i < 25; i++) await EuclideanMemory.create(items);
    } finally {
      restore();
    }
  });

  it('frees them before it refuses, without waiting for the event loop', async () => {
    const count = 400e6 / 8 / 100;
    const items = { count, dimension: 100, values: new Float64Array(count * 100) };
    await EuclideanMemory.create(items);
    const held = await EuclideanMemory.create({ ...items, count: 1, values: new Float64Array(100) });
    const restore = limited(512 * mebibyte);
    try {
      fitsInMemory('the items', 400e6);
      expect(held.size).toBe(1);
      expect(() => fitsInMemory('the items', 460 * mebibyte)).toThrow(
        expect.objectContaining({
          code: 'ERR_OUT_OF_MEMORY',
          message: expect.stringMatching(
            /^Expected the items to fit in memory but 460 MiB are needed and 4\d\d MiB are left$/,
          ),
          argument: 'the items',
          expected: expect.stringMatching(/^at most 4\d\d MiB$/),
          received: '460 MiB',
        }),
      );
    } finally {
      restore();
    }
  });
});

describe('arrays that cannot be had', () => {
  it('are a coded error', () => {
    expect(() => allocate('the sample', 1, () => new Float64Array(2 ** 52))).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_MEMORY', message: expect.stringMatching(/the sample/) }),
    );
    const other = new TypeError('of the caller');
    expect(() =>
      allocate('the sample', 1, () => {
        throw other;
      }),
    ).toThrow(other);
  });
});
