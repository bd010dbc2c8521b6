/** Control groups, memory and threads of containers: trees of files as the kernel shows them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { availableMemory } from '../../lib/core/availableMemory.ts';
import { quotaProcessors } from '../../lib/core/cgroups.ts';

const mebibyte = 2 ** 20;
const unlimited = '9223372036854771712\n'; // what version 1 says where there is no limit

let base = '';
let trees = 0;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'denseam-cgroups-'));
});
afterAll(() => rmSync(base, { recursive: true }));

/** A root folder with these files. */
function tree(files: Readonly<Record<string, string>>): string {
  const root = join(base, String(trees++));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const version2 = (group: string, mounted = '/') => ({
  'proc/self/cgroup': `0::${group}\n`,
  'proc/self/mountinfo':
    '21 20 0:19 / /proc rw,nosuid - proc proc rw\n' +
    `30 23 0:26 ${mounted} /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n`,
});

/** As Docker without a namespace shows it: the container's own group is mounted, and named by its full path. */
const version1 = (group: string, mounted = '/') => ({
  'proc/self/cgroup': `9:name=systemd:${group}\n4:memory:${group}\n2:cpu,cpuacct:${group}\n0::/\n`,
  'proc/self/mountinfo':
    `32 31 0:29 ${mounted} /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n` +
    `35 31 0:32 ${mounted} /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n` +
    '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n',
});

const meminfo = { 'proc/meminfo': 'MemTotal: 24684092 kB\nMemFree: 1024 kB\nMemAvailable:   4194304 kB\n' };

function memory2(folder: string, limit: string, usage: number, inactive = 0, active = 0) {
  return {
    [`${folder}/memory.max`]: `${limit}\n`,
    [`${folder}/memory.current`]: `${usage}\n`,
    [`${folder}/memory.stat`]: `anon 1\nfile 7\ninactive_file ${inactive}\nactive_file ${active}\n`,
  };
}

function memory1(folder: string, limit: string, usage: number, inactive = 0, active = 0) {
  return {
    [`${folder}/memory.limit_in_bytes`]: limit,
    [`${folder}/memory.usage_in_bytes`]: `${usage}\n`,
    [`${folder}/memory.stat`]: `inactive_file 5\nactive_file 5\ntotal_inactive_file ${inactive}\ntotal_active_file ${active}\n`,
  };
}

describe('memory that is left', () => {
  const left = (files: Readonly<Record<string, string>>) => availableMemory(tree(files), 'linux') / mebibyte;

  it('is unknown where the system shows nothing, as in a chroot without /proc', () => {
    expect(left({ 'etc/hostname': 'x' })).toBe(Number.POSITIVE_INFINITY);
  });

  it('is what the machine has without a limit', () => {
    expect(left(meminfo)).toBe(4096);
    expect(left({ ...meminfo, ...version2('/'), 'sys/fs/cgroup/cgroup.procs': '1\n' })).toBe(4096);
    expect(left({ ...meminfo, ...version2('/a'), ...memory2('sys/fs/cgroup/a', 'max', 5 * mebibyte) })).toBe(4096);
    expect(left({ ...meminfo, ...version1('/a'), ...memory1('sys/fs/cgroup/memory/a', unlimited, 5) })).toBe(4096);
  });

  // A container of 1 GiB that has read 980 MiB of files, some of them twice.
  const used = [1020 * mebibyte, 700 * mebibyte, 280 * mebibyte] as const;

  it('counts files that the kernel keeps as free, in both versions', () => {
    const limit = String(1024 * mebibyte);
    expect(left({ ...meminfo, ...version2('/'), ...memory2('sys/fs/cgroup', limit, ...used) })).toBe(984);
    expect(left({ ...meminfo, ...version1('/'), ...memory1('sys/fs/cgroup/memory', limit, ...used) })).toBe(984);
  });

  it('is the least of all groups about the process', () => {
    const files = {
      ...meminfo,
      ...version2('/pod/box'),
      ...memory2('sys/fs/cgroup/pod/box', 'max', 100 * mebibyte),
      ...memory2('sys/fs/cgroup/pod', String(300 * mebibyte), 250 * mebibyte, 20 * mebibyte),
    };
    expect(left(files)).toBe(70);
    expect(left({ ...files, 'proc/meminfo': 'MemAvailable: 20480 kB\n' })).toBe(20);
  });

  it('is never below zero', () => {
    expect(left({ ...meminfo, ...version2('/'), ...memory2('sys/fs/cgroup', '100', 5000, 10) })).toBe(0);
  });

  it('is found where the container has a namespace of its own, or sees its own group alone', () => {
    const limit = String(512 * mebibyte);
    const own = memory2('sys/fs/cgroup', limit, 12 * mebibyte);
    expect(left({ ...meminfo, ...version2('/'), ...own })).toBe(500);
    expect(left({ ...meminfo, ...version2('/docker/5f', '/docker/5f'), ...own })).toBe(500);
    // The process lies outside what its namespace names.
    expect(left({ ...meminfo, ...version2('/../box'), ...own })).toBe(500);
    expect(left({ ...meminfo, ...version2('/', '/../..'), ...own })).toBe(500);
  });

  it('is asked of the system elsewhere', () => {
    expect(availableMemory('/nowhere', 'darwin')).toBeGreaterThan(0);
  });
});

describe('quotas of processor time', () => {
  const quota = (files: Readonly<Record<string, string>>) => quotaProcessors(tree(files));
  const quota1 = (folder: string, time: string, period = '100000\n') => ({
    [`${folder}/cpu.cfs_quota_us`]: time,
    [`${folder}/cpu.cfs_period_us`]: period,
  });

  it('are none where nothing says so', () => {
    expect(quota({ 'etc/hostname': 'x' })).toBe(Number.POSITIVE_INFINITY);
    expect(quota({ ...version2('/a'), 'sys/fs/cgroup/a/cpu.max': 'max 100000\n' })).toBe(Number.POSITIVE_INFINITY);
    expect(quota({ ...version1('/a'), ...quota1('sys/fs/cgroup/cpu,cpuacct/a', '-1\n') })).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  it.each([
    ['200000 100000', 2],
    ['150000 100000', 2],
    ['100001 100000', 2],
    ['100000 100000', 1],
    ['10000 100000', 1],
    ['50000 20000', 3],
  ])('%s is rounded up to %i', (text, count) => {
    expect(quota({ ...version2('/a'), 'sys/fs/cgroup/a/cpu.max': `${text}\n` })).toBe(count);
    const [time, period] = text.split(' ') as [string, string];
    expect(quota({ ...version1('/a'), ...quota1('sys/fs/cgroup/cpu,cpuacct/a', time, period) })).toBe(count);
  });

  it('of all groups about the process the least counts', () => {
    const files = {
      ...version2('/pod/box'),
      'sys/fs/cgroup/pod/box/cpu.max': '800000 100000\n',
      'sys/fs/cgroup/pod/cpu.max': '250000 100000\n',
    };
    expect(quota(files)).toBe(3);
    const nested = {
      ...version1('/docker/5f/in', '/docker/5f'),
      ...quota1('sys/fs/cgroup/cpu,cpuacct/in', '-1\n'),
      ...quota1('sys/fs/cgroup/cpu,cpuacct', '400000\n'),
    };
    expect(quota(nested)).toBe(4);
  });

  it('are found by names with spaces, and in version 1 beside version 2', () => {
    const files = version2('/my pod', '/my\\040pod');
    expect(quota({ ...files, 'sys/fs/cgroup/cpu.max': '300000 100000\n' })).toBe(3);
    const both = { ...version1('/a'), ...quota1('sys/fs/cgroup/cpu,cpuacct/a', '200000') };
    expect(quota({ ...both, 'sys/fs/cgroup/unified/cpu.max': '100000 100000' })).toBe(2);
  });
});
