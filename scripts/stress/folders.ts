import { join, resolve } from 'node:path';

/** npm runs scripts in the root of the project. */
export const root = resolve();
/** What parts leave behind for a person to read. */
export const out = join(root, 'out/stress');

/** A program of a part, compiled. */
export const compiled = (path: string): string => join('out/stress/js', path);
