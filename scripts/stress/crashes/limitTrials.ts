import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runChild } from './children.ts';
import { expectGeneration } from './refused.ts';
import { type Saver, smallGeneration } from './savers.ts';
import type { Tally } from './tally.ts';

// Saves under limits of the process, which it must survive.

/** Files may not grow beyond so many kilobytes: the system sends SIGXFSZ, which ends a process that does nothing. */
export async function fileSizeLimit(saver: Saver, kilobytes: number, folder: string, tally: Tally) {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'saved');
  await (await saver.prepare(smallGeneration))(path);
  const from = smallGeneration + 1;
  const said = await runChild('savingProcess', [saver.name, path, String(from), '1'], { limit: `-f ${kilobytes}` });
  if (said.status !== 1 || !said.stderr.includes(`Cannot write file "${path}": file too large (EFBIG)`)) {
    throw new Error(`ended with ${said.status ?? said.signal}: ${said.stderr}`);
  }
  await expectGeneration(saver, folder, path, said.last ?? smallGeneration);
  tally.add('saves above a limit of file sizes');
}

/** The process runs out of descriptors; it checks by itself what it meets, and says how many calls were refused. */
export async function descriptorLimit(saver: Saver, folder: string, tally: Tally) {
  await mkdir(folder, { recursive: true });
  const said = await runChild('descriptorsProcess', [saver.name, folder], { limit: '-n 100' });
  if (said.status !== 0) throw new Error(`ended with ${said.status ?? said.signal}: ${said.stderr}`);
  tally.add('saves and loads without descriptors', said.last);
}
