import { part as calls } from './calls.ts';
import { part as commands } from './commands.ts';
import { part as files } from './files.ts';
import type { Part } from './part.ts';
import { part as sweeps } from './sweeps.ts';

/** They run in this order, one after the other. */
export const parts: readonly Part[] = [sweeps, calls, commands, files];
