import { compiled } from './folders.ts';
import type { Part } from './part.ts';
import { supervise } from './supervised.ts';

/** Each some fifty calls. */
const units = { short: 400, long: 20_000 };

export const part: Part = {
  name: 'calls',
  what: 'random sequences of all verbs and functions, with right, nearly right and odd arguments',
  run: (settings) =>
    supervise(
      {
        path: compiled('calls/callsProcess.js'),
        nodeOptions: ['--expose-gc'],
        units: settings.short ? units.short : units.long,
        patience: 120,
      },
      settings,
    ),
};
