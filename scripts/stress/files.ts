import { existsSync } from 'node:fs';
import { compiled } from './folders.ts';
import type { Part } from './part.ts';
import { supervise } from './supervised.ts';

/** Each 500 files. */
const units = { short: 60, long: 2000 };
/** A file system in memory: the files are many, and nobody reads them twice. */
const memory = '/dev/shm';

export const part: Part = {
  name: 'files',
  what: 'damaged and forged files of every kind and version, their checksums right',
  run: (settings) =>
    supervise(
      {
        path: compiled('files/filesProcess.js'),
        nodeOptions: ['--max-old-space-size=128'],
        units: settings.short ? units.short : units.long,
        patience: 120,
        temporary: existsSync(memory) ? memory : undefined,
      },
      settings,
    ),
};
