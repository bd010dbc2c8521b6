import { existsSync } from 'node:fs';
import { compiled } from './folders.ts';
import type { Part } from './part.ts';
import { supervise } from './supervised.ts';

/** Each 500 files. */
const units = { short: 60, long: 2000 };
/** Of a process with all its arrays, also of those that nobody has written to, and 8 MiB a thread. */
const mostKilobytes = 2 ** 20;
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
        limit: `-d ${mostKilobytes}`,
        temporary: existsSync(memory) ? memory : undefined,
      },
      settings,
    ),
};
