import { join, resolve } from 'node:path';

/** npm runs scripts in the root of the project. */
export const root = resolve();
/** What parts leave behind for a person to read. */
export const out = join(root, 'out/stress');

/** A program of a part, compiled. */
export const compiled = (path: string): string => join('out/stress/js', path);

export const reports = join(out, 'reports');

/** What a part's last run tried and found. */
export const reportOf = (part: string): string => join(reports, `${part}.json`);
