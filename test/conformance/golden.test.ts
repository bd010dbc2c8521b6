/** Files that earlier versions saved: they load, hold the same numbers and give the same answers. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { expectWithin } from '../support/assertions.ts';
import { type Answers, answersOf, cases } from './golden/cases.ts';

const golden = fileURLToPath(new URL('./golden', import.meta.url));
const copies = mkdtempSync(join(tmpdir(), 'denseam-golden-'));
afterAll(() => rmSync(copies, { recursive: true, force: true }));

const versions = readdirSync(golden, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

it('there are files of at least one version', () => expect(versions).toContain('0.1.0'));

describe.each(versions)('files of version %s', (version) => {
  const expected = JSON.parse(readFileSync(join(golden, version, 'answers.json'), 'utf8')) as Record<string, Answers>;

  it('are all known to the test', () => {
    const files = readdirSync(join(golden, version)).filter((file) => file !== 'answers.json');
    expect(files.sort()).toEqual(Object.keys(expected).sort());
    expect(cases.map(({ file }) => file)).toEqual(expect.arrayContaining(files));
  });

  it.each(cases.filter(({ file }) => file in expected))('$file', async (goldenCase) => {
    const { file, tolerance } = goldenCase;
    copyFileSync(join(golden, version, file), join(copies, file)); // a training that goes on rewrites its checkpoint
    const found = (await answersOf(copies, [goldenCase]))[file] as Answers;
    const { stored, computed } = expected[file] as Answers;
    expect(found.stored).toEqual(stored);
    expect(Object.keys(found.computed)).toEqual(Object.keys(computed));
    for (const [name, values] of Object.entries(computed)) {
      const scale = Math.max(...Array.from(values, Math.abs));
      expectWithin(name, found.computed[name] as ArrayLike<number>, values, tolerance * scale);
    }
  });
});
