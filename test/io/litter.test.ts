import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { expect, test } from 'vitest';
import { writeContents } from '../../lib/io/atomic.ts';
import { temporaryName } from '../../lib/io/litter.ts';
import { temporaryDirectory } from './support.ts';

// What killed saves leave is removed by the next save of the same file; nothing else is.

const file = temporaryDirectory();
const isLinux = process.platform === 'linux';

/** The parts of the name of a temporary file of this process. */
async function partsOf(target: string) {
  const [, key, place, pid, start, random] =
    /^\.denseam-(\w+)-(\w+)-(\d+)-(\d+)-(\w+)\.tmp$/.exec(await temporaryName(target)) ?? [];
  return { key, place, pid, start, random };
}

async function leave(parts: Awaited<ReturnType<typeof partsOf>>): Promise<string> {
  const { key, place, pid, start, random } = parts;
  const name = `.denseam-${key}-${place}-${pid}-${start}-${random}.tmp`;
  await writeFile(file(name), 'half of it');
  return name;
}

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);

test.runIf(isLinux)(
  'files of dead processes are removed, also where the number was given to another process',
  async () => {
    const own = await partsOf(file('a'));
    const { pid } = spawnSync(process.execPath, ['-e', '0']); // dead by now
    await leave({ ...own, pid: String(pid) });
    await leave({ ...own, start: String(Number(own.start) - 1) });
    await leave({ ...own, pid: String(2 ** 22 + 1) }); // more than Linux ever has
    await writeContents(file('a'), 'new');
    expect(await readdir(file())).toEqual(['a']);
  },
);

test('files of living processes stay, however old', async () => {
  const name = await leave(await partsOf(file('a')));
  await utimes(file(name), hoursAgo(isLinux ? 100 : 1), hoursAgo(isLinux ? 100 : 1));
  await writeContents(file('a'), 'new');
  expect((await readdir(file())).sort()).toEqual([name, 'a']);
});

test('files of another machine, container or run of the machine stay until they are abandoned', async () => {
  const own = await partsOf(file('a'));
  const elsewhere = { ...own, place: 'abcdef012345', pid: '1' };
  const recent = await leave(elsewhere);
  const old = await leave({ ...elsewhere, random: 'aaaaaaaaaaaa' });
  await utimes(file(recent), hoursAgo(23), hoursAgo(23));
  await utimes(file(old), hoursAgo(25), hoursAgo(25));
  await writeContents(file('a'), 'new');
  expect((await readdir(file())).sort()).toEqual([recent, 'a']);
});

test('files of other targets, and of other programs, stay', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '0']);
  const other = await leave({ ...(await partsOf(file('b'))), pid: String(pid) });
  const foreign = ['.denseam-1-aabbccddeeff.tmp', '.denseam-x.tmp', 'a.tmp', '.a.swp'];
  for (const name of foreign) {
    await writeFile(file(name), '');
    await utimes(file(name), hoursAgo(100), hoursAgo(100));
  }
  await writeContents(file('a'), 'new');
  expect((await readdir(file())).sort()).toEqual([...foreign, other, 'a'].sort());
});

test('a file that another process removes while its save begins is saved all the same', async () => {
  await writeContents(file('a'), 'old');
  const { realpath } = fs.promises;
  const removing = async (path: string) => {
    const found = await realpath(path);
    if (path === file('a')) fs.rmSync(path);
    return found;
  };
  Object.assign(fs.promises, { realpath: removing });
  syncBuiltinESMExports();
  try {
    await writeContents(file('a'), 'new');
  } finally {
    Object.assign(fs.promises, { realpath });
    syncBuiltinESMExports();
  }
  expect(await readFile(file('a'), 'utf8')).toBe('new');
});

test('saves of one file at once keep out of each other', async () => {
  await Promise.all(Array.from({ length: 20 }, (_, i) => writeContents(file('a'), String(i))));
  expect(await readdir(file())).toEqual(['a']);
});
