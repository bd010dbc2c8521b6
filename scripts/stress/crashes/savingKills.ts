import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../../../lib/core/random.ts';
import type { Settings } from '../part.ts';
import { drawPlan, type Plan, runChild } from './children.ts';
import { expectNoLitter, litterIn } from './litter.ts';
import type { Saver } from './savers.ts';
import type { Tally } from './tally.ts';

const generationIn = async (saver: Saver, path: string) => (existsSync(path) ? await saver.read(path) : 0);

/**
 * Kills processes that save one generation after the other to one path, and looks at what each of them left: the last
 * generation that was acknowledged, or the one after it, and at most one temporary file. Ends with a save, after which
 * nothing but the file may be there.
 */
export async function killSaver(
  saver: Saver,
  kills: number,
  folder: string,
  { seed, signal }: Settings,
  tally: Tally,
): Promise<void> {
  const random = new Random(seed);
  const path = join(folder, 'saved');
  await mkdir(folder);
  let present = 0;
  for (let kill = 1; kill <= kills && !signal.aborted; kill++) {
    const plan = drawPlan(random);
    const where = `${saver.name}, seed ${seed}, kill ${kill} (${JSON.stringify(plan)})`;
    try {
      present = await killOnce(saver, path, present, plan, tally);
      const { length } = await litterIn(folder);
      if (length > 0) tally.add('kills amid a save');
      if (length > 1) tally.fault(where, `${length} temporary files`);
    } catch (error) {
      tally.fault(where, error);
    }
  }
  await (await saver.prepare(present + 1))(path);
  await expectNoLitter(folder).catch((error) => tally.fault(`${saver.name}, seed ${seed}, the last save`, error));
}

/** Returns the generation that is on the disk afterwards. */
async function killOnce(saver: Saver, path: string, present: number, plan: Plan, tally: Tally): Promise<number> {
  const said = await runChild('savingProcess', [saver.name, path, String(present + 1), '1'], { plan });
  if (said.signal !== 'SIGKILL') throw new Error(`ended with ${said.status ?? said.signal}: ${said.stderr}`);
  tally.add('kills');
  tally.add('kills while saving');
  tally.add('saves acknowledged', said.count);
  const acknowledged = said.last ?? present;
  const found = await generationIn(saver, path);
  if (found === acknowledged || found === acknowledged + 1) return found;
  throw new Error(`generation ${found} is on the disk, and ${acknowledged} was acknowledged`);
}
