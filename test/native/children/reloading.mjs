// Loads a file again and again and holds none of the memories; prints the greatest resident memory over the file's size.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [, , entry, mode, step] = process.argv;
const { EuclideanMemory } = await import(entry);
const path = step === 'load' ? process.argv[5] : join(mkdtempSync(join(tmpdir(), 'denseam-reloading-')), 'memory');

async function save() {
  const [count, dimension] = [30_000, 512];
  const values = Float64Array.from({ length: count * dimension }, (_, i) => Math.sin(i));
  await (await EuclideanMemory.create({ count, dimension, values })).save(path);
  process.stdout.write(path);
}

async function load() {
  const memory = await EuclideanMemory.load(path);
  if (mode === 'close') memory.close();
}

if (step === 'save') await save();
else {
  for (let i = 0; i < 20; i++) await load();
  const kilobyte = 1024;
  process.stdout.write(String((process.resourceUsage().maxRSS * kilobyte) / statSync(path).size));
  if (mode === 'close') rmSync(join(path, '..'), { recursive: true });
}
