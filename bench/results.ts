import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Curve, Figure } from './section.ts';

/** What one run of a section found, and under which circumstances. */
export interface SectionResult {
  readonly title: string;
  readonly method: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly quick: boolean;
  readonly repeats: number;
  readonly figures: readonly Figure[];
  readonly curves: readonly Curve[];
  readonly notes: readonly string[];
}

/** By the section's name. */
export type Results = Readonly<Record<string, SectionResult>>;

/** What earlier runs wrote; nothing if there were none. */
export async function readResults(path: string): Promise<Results> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

export async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
