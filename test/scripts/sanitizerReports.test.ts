import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readReports } from '../../scripts/stress/sanitizers/reports.ts';

const allocator = '    #0 0x7f0 in operator new(unsigned long) asan_new_delete.cpp:95 (/usr/lib/libasan.so.8+0xb9)';
const ours =
  '    #1 0x7f1 in denseam::retrieve(int) ../../native/retrieve.cc:7 (/clone/build/asan/Release/denseam.node+0x17)';
const nodes = '    #1 0xc50 in napi_create_external <null> (/usr/bin/node+0xc5)';

describe('reports of sanitizers', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'denseam-reports-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Kinds of our reports, and how many others there are. */
  function read(...lines: readonly string[]): [kinds: string[], foreign: number] {
    writeFileSync(join(folder, 'report.1'), lines.join('\n'));
    const { reports, foreign } = readReports(folder, '/clone/build/asan');
    return [reports.map(({ kind }) => kind), foreign];
  }

  it.each([
    ['heap-buffer-overflow', '==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x7fd at pc 0x7f'],
    ['ABRT', '==1==ERROR: AddressSanitizer: ABRT on unknown address 0x0 (pc 0x7f)'],
    ['signed integer overflow', 'native/a.cc:47:39: runtime error: signed integer overflow: 1 + 2 cannot be'],
    ['heap-use-after-free', 'WARNING: ThreadSanitizer: heap-use-after-free (pid=1)'],
    ['SEGV', '==1==ERROR: ThreadSanitizer: SEGV on unknown address 0x0 (pc 0x7f)'],
  ])('reads a %s, and tells ours from others', (kind, line) => {
    expect(read(line, nodes, ours)).toEqual([[kind], 0]);
    expect(read(line, nodes)).toEqual([[], 1]);
    expect(read(line, ours, '', line, nodes)).toEqual([[kind], 1]);
  });

  it('takes for our leaks those that our code allocated', () => {
    const leak = 'Direct leak of 40 byte(s) in 1 object(s) allocated from:';
    expect(read(leak, allocator, ours, nodes)).toEqual([['Direct leak'], 0]);
    expect(read(leak, allocator, nodes, ours)).toEqual([[], 1]);
  });

  it('takes for our races those with an access in our code', () => {
    const race = 'WARNING: ThreadSanitizer: data race (pid=1)';
    const interceptor =
      '    #0 0x7f0 in memcpy sanitizer_common.inc:827 (/usr/lib/gcc/x86_64-linux-gnu/12/libtsan.so+0x6e)';
    const write = ['  Write of size 8 at 0x7b by thread T4:', interceptor];
    const previous = ['  Previous read of size 8 at 0x7b by thread T5:', interceptor];
    const allocation = ['  Location is heap block of size 192 at 0x7b allocated by thread T5:', interceptor];
    expect(read(race, ...write, nodes, ...previous, ours)).toEqual([['data race'], 0]);
    expect(read(race, ...write, ours, nodes, ...previous, nodes)).toEqual([['data race'], 0]);
    // V8 races with itself while we wait for it.
    expect(read(race, ...write, nodes, ...previous, nodes, ours)).toEqual([[], 1]);
    expect(read(race, ...write, nodes, ...previous, nodes, ...allocation, ours)).toEqual([[], 1]);
  });

  it('takes other lines for no reports', () => {
    expect(read('ok', ours, nodes)).toEqual([[], 0]);
  });

  it('names the innermost function of ours', () => {
    read('==1==ERROR: AddressSanitizer: SEGV on unknown address', nodes, ours);
    const { reports } = readReports(folder, '/clone/build/asan');
    expect(reports[0]?.where).toBe('denseam::retrieve(int) ../../native/retrieve.cc:7');
  });
});
