import { expectNoLitter } from './litter.ts';
import type { Saver } from './savers.ts';

/** The error of a call; undefined if it ended well. */
export async function errorOf(call: Promise<unknown>): Promise<NodeJS.ErrnoException | undefined> {
  return call.then(
    () => undefined,
    (error) => error,
  );
}

/** Expects an error with one of these codes whose message names the path. */
export function expectRefusal(error: NodeJS.ErrnoException | undefined, path: string, ...codes: string[]): void {
  if (!error) throw new Error('the call ended well');
  if (codes.includes(error.code ?? '') && error.message.includes(path.slice(0, 100))) return;
  throw new Error(`expected ${codes.join(' or ')} and the path but received ${error.code}: ${error.message}`);
}

/** Expects a folder with a whole file of this generation, and no temporary file. */
export async function expectGeneration(saver: Saver, folder: string, path: string, generation: number): Promise<void> {
  const found = await saver.read(path);
  if (found !== generation) throw new Error(`the file holds generation ${found}, not ${generation}`);
  await expectNoLitter(folder);
}
