import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { spin } from './fileCalls.ts';
import { errorOf, expectGeneration, expectRefusal } from './refused.ts';
import { type Saver, smallGeneration, wideGeneration } from './savers.ts';
import type { Tally } from './tally.ts';

// Saves to paths that cannot be, or that change while the save runs.

const longestName = 255;

export async function longNames(saver: Saver, folder: string, tally: Tally) {
  await mkdir(folder, { recursive: true });
  const save = await saver.prepare(smallGeneration);
  const longest = join(folder, 'x'.repeat(longestName));
  await save(longest);
  await expectGeneration(saver, folder, longest, smallGeneration);
  expectRefusal(await errorOf(save(`${longest}x`)), `${longest}x`, 'ENAMETOOLONG');
  tally.add('saves to names too long');
  await expectGeneration(saver, folder, longest, smallGeneration);
}

/** Does something to the disk some moments after a save has begun. Returns the save's error, if it met one. */
async function disturbed(save: (path: string) => Promise<void>, path: string, delay: number, how: () => Promise<void>) {
  const saving = errorOf(save(path));
  for (let turns = Math.floor(delay); turns > 0; turns--) await new Promise(setImmediate);
  spin(delay % 1);
  await how();
  return saving;
}

export async function folderRemoved(saver: Saver, folder: string, delay: number, tally: Tally) {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'saved');
  const save = await saver.prepare(wideGeneration);
  const error = await disturbed(save, path, delay, () => rm(folder, { recursive: true, maxRetries: 3, retryDelay: 1 }));
  if (error) expectRefusal(error, path, 'ENOENT');
  tally.add('folders removed during a save');
  await mkdir(folder, { recursive: true });
  await save(path);
  await expectGeneration(saver, folder, path, wideGeneration);
  await rm(folder, { recursive: true });
}

export async function fileBecomesFolder(saver: Saver, folder: string, delay: number, tally: Tally) {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'saved');
  await (await saver.prepare(smallGeneration))(path);
  const save = await saver.prepare(wideGeneration);
  const error = await disturbed(save, path, delay, async () => {
    await rm(path, { force: true });
    await mkdir(path).catch(() => {}); // the save was faster
  });
  if (error) expectRefusal(error, path, 'EISDIR', 'ERR_RANGE');
  tally.add('files replaced by folders during a save');
  await rm(path, { recursive: true });
  await save(path);
  await expectGeneration(saver, folder, path, wideGeneration);
  await rm(folder, { recursive: true });
}
