// Saves and loads when 0, 1, 2, ... more files may be opened. Prints how many calls were refused for that. Arguments:
// the name of the saver, the folder.

import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { errorOf, expectGeneration, expectRefusal } from './refused.ts';
import { saverOf, smallGeneration, wideGeneration } from './savers.ts';

const [name = '', folder = ''] = process.argv.slice(2);
const saver = saverOf(name);
const path = join(folder, 'saved');
await (await saver.prepare(smallGeneration))(path);
await saver.read(path); // loads what is loaded at the first use
const save = await saver.prepare(wideGeneration);

const held: number[] = [];
try {
  for (;;) held.push(openSync('/dev/null', 'r'));
} catch {}

/** More than any save holds open at once. */
const most = 6;
let refused = 0;
for (let free = 0; free <= most; free++) {
  for (const call of [() => save(path), () => saver.read(path)]) {
    const error = await errorOf(call());
    if (!error) continue;
    expectRefusal(error, path, 'EMFILE');
    refused += 1;
  }
  closeSync(held.pop() as number);
}
for (const descriptor of held) closeSync(descriptor);
if (refused === 0) throw new Error('no call was refused');
await save(path);
await expectGeneration(saver, folder, path, wideGeneration);
console.log(refused);
