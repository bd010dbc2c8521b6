// Loads a file again and again, with an index (`index`) or without, and holds none of the memories or (`hold`) the last one; prints
// the greatest resident memory over the file's size.
import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [, , entry, mode, step, file, index] = process.argv;
const { EuclideanMemory } = await import(entry);
const path = step === 'load' ? file : join(mkdtempSync(join(tmpdir(), 'denseam-reloading-')), 'memory');

async function save() {
  const [count, dimension] = [30_000, 512];
  const values = Float64Array.from({ length: count * dimension }, (_, i) => Math.sin(i));
  await (await EuclideanMemory.create({ count, dimension, values })).save(path);
  process.stdout.write(path);
}

let held;

async function load() {
  const memory = await EuclideanMemory.load(path, { index: index === 'index' });
  if (mode === 'close') memory.close();
  if (mode === 'hold') held = memory;
}

if (step === 'save') await save();
else {
  for (let i = 0; i < 20; i++) await load();
  if (held && held.size !== 30_000) throw new Error('The last memory is lost');
  const kilobyte = 1024;
  process.stdout.write(String((process.resourceUsage().maxRSS * kilobyte) / statSync(path).size));
}
