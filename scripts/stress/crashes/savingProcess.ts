// Saves one generation after the other, and says on stdout when a save is done: the path holds at least that one from
// then on. Arguments: the name of the saver, the path, the first generation and the step to the next; where to die.

import { writeSync } from 'node:fs';
import { killAtCall } from './fileCalls.ts';
import { saverOf } from './savers.ts';

const [name = '', path = '', from = '1', step = '1', suicide] = process.argv.slice(2);
const saver = saverOf(name);
if (suicide) await killAtCall(JSON.parse(suicide));
for (let generation = Number(from); ; generation += Number(step)) {
  const save = await saver.prepare(generation);
  await save(path);
  writeSync(1, `${generation}\n`);
}
