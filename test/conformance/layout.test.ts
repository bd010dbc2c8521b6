/**
 * A layout of files that changes gets golden files of its own (`npm run golden`): what this version writes has the
 * layout of the newest golden file of its kind.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { openSafetensors } from '../../lib/io/safetensors/safetensors.ts';
import { cases } from './golden/cases.ts';

const golden = fileURLToPath(new URL('./golden', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'denseam-layout-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const byVersion = new Intl.Collator('en', { numeric: true });

/** The newest golden file of a kind. */
function newest(file: string): string | undefined {
  const versions = readdirSync(golden, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = versions.map(({ name }) => name).sort(byVersion.compare);
  return names.map((name) => join(golden, name)).findLast((path) => readdirSync(path).includes(file));
}

/** What a reader depends on: kind, version and keys of the metadata; names, types and shapes of the tensors. */
async function layoutOf(path: string) {
  const file = await openSafetensors(path);
  try {
    const { memory, version, structure } = file.metadata;
    const tensors = [...file.tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
    return { memory, version, structure, keys: Object.keys(file.metadata).sort(), tensors };
  } finally {
    await file.close();
  }
}

it.each(cases.filter(({ file }) => file.endsWith('.safetensors')))('$file', async ({ file, make }) => {
  await make(join(folder, file));
  const kept = newest(file);
  expect(kept, 'a golden file of every kind: npm run golden').toBeDefined();
  expect(await layoutOf(join(folder, file))).toEqual(await layoutOf(join(kept as string, file)));
});
