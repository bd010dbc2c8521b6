/** A later version may add what is optional to a file; this one ignores it. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { openSafetensors, writeSafetensors } from '../../lib/io/safetensors/safetensors.ts';
import { type Answers, answersOf, cases } from './golden/cases.ts';

const golden = fileURLToPath(new URL('./golden/0.1.0', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'denseam-optional-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const expected = JSON.parse(readFileSync(join(golden, 'answers.json'), 'utf8')) as Record<string, Answers>;
const saved = cases.filter(({ file }) => file.endsWith('.safetensors') && file in expected);

/** Copies a file with a tensor and an entry of the metadata more. */
async function extend(from: string, to: string): Promise<void> {
  const file = await openSafetensors(from);
  try {
    const names = [...file.tensors.keys()];
    const chunks = await Promise.all(names.map(async (tensor) => ({ tensor, data: await file.read(tensor) })));
    const tensors = names.map((name) => ({ ...file.tensor(name), name }));
    const content = {
      tensors: [...tensors, { name: 'later', dtype: 'F64' as const, shape: [2] }],
      metadata: { ...file.metadata, later: 'a word' },
      chunks: [...chunks, { tensor: 'later', data: Float64Array.of(1, 2) }],
    };
    await writeSafetensors(to, content);
  } finally {
    await file.close();
  }
}

it.each(saved)('$file', async (goldenCase) => {
  const { file } = goldenCase;
  copyFileSync(join(golden, file), join(folder, `old-${file}`));
  await extend(join(folder, `old-${file}`), join(folder, file));
  const found = (await answersOf(folder, [goldenCase]))[file] as Answers;
  expect(found.stored).toEqual((expected[file] as Answers).stored);
});
