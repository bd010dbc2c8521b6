import { readdir } from 'node:fs/promises';

/** Temporary files of saves in a folder and the folders within. */
export async function litterIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => /(^|\/)\.denseam-[^/]*\.tmp$/.test(name));
}

export async function expectNoLitter(folder: string): Promise<void> {
  const litter = await litterIn(folder);
  if (litter.length > 0) throw new Error(`${litter} stayed`);
}
