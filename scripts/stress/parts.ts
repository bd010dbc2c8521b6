import { part as calls } from './calls.ts';
import { part as commands } from './commands.ts';
import { part as disks } from './crashes/disks.ts';
import { part as kills } from './crashes/kills.ts';
import { part as writers } from './crashes/writers.ts';
import { part as dataRaces } from './dataRaces.ts';
import { part as files } from './files.ts';
import { part as memoryErrors } from './memoryErrors.ts';
import type { Part } from './part.ts';
import { part as sweeps } from './sweeps.ts';

/** They run in this order, one after the other. */
export const parts: readonly Part[] = [sweeps, calls, commands, files, memoryErrors, dataRaces, kills, disks, writers];
