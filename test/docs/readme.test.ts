import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { examples, makeFolder, readDocument, root, runExamples, typeErrors } from './document.ts';

const { folder, remove } = makeFolder();
afterAll(remove);

it('has an example of about ten lines that runs as shown and prints what it says', () => {
  const all = examples(readDocument('README.md'));
  expect(all).toHaveLength(1);
  expect(all[0]?.program.text.trim().split('\n').length).toBeLessThanOrEqual(14);
  expect(runExamples(all, folder)).toEqual([all[0]?.output]);
}, 120_000);

it('has an example that uses the public types as they are', () => {
  expect(typeErrors(examples(readDocument('README.md')), folder)).toEqual([]);
}, 120_000);

const documents = [
  'README.md',
  'docs/gaussian.md',
  'docs/sphere.md',
  'docs/files.md',
  'docs/pointcloud.md',
  'docs/words.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'UPGRADING.md',
  'SECURITY.md',
  'docs/architecture.md',
  'docs/deploying.md',
  'docs/memory.md',
  'docs/reliability.md',
  'docs/performance.md',
];

it.each(documents)('%s names only files, headings and scripts that exist', (path) => {
  const text = readDocument(path).replaceAll(/<!--.*?-->/gs, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] as string);
  const local = links.filter((link) => !/^https?:/.test(link));
  const dead = local.filter((link) => {
    const [file = '', heading] = link.split('#');
    const target = file === '' ? path : join(dirname(path), file);
    if (!existsSync(join(root, target))) return true;
    return heading !== undefined && !headings(readDocument(target)).includes(heading);
  });
  expect(dead).toEqual([]);

  const scripts = [...text.matchAll(/npm run ([\w:-]*\w)/g)].map((match) => match[1] as string);
  expect(scripts.filter((name) => !(name in manifest.scripts))).toEqual([]);
});

/** Anchors as GitHub makes them. */
function headings(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] as string)
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}
