import { readdir } from 'node:fs/promises';

/** Temporary files of saves in a folder and the folders within. */
export async function litterIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => /(^|\/)\.denseam-[^/]*\.tmp$/.test(name));
}
