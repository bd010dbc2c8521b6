import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The script that draws a page's charts live: page/live.ts, bundled by tsdown. */
export function liveScript(): string {
  return readFileSync(createRequire(import.meta.url).resolve('#live'), 'utf8');
}
