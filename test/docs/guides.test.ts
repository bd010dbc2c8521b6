import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examples, makeFolder, readDocument, runExamples, typeErrors } from './document.ts';

// The guide to the Gaussian memory, whose examples read files, has a test of its own.
describe.each(['docs/files.md', 'docs/memory.md', 'docs/pointcloud.md', 'docs/sphere.md'])('%s', (path) => {
  const all = examples(readDocument(path));
  const { folder, remove } = makeFolder();
  let printed: string[];

  beforeAll(() => {
    printed = runExamples(all, folder);
  }, 120_000);
  afterAll(remove);

  it.each(all.map(({ program, output = '' }, i) => [program.line, output, i] as const))(
    'the example on line %i prints what it says',
    (_, output, i) => {
      expect(printed[i]).toBe(output);
    },
  );

  it('uses the public types as they are', () => {
    expect(typeErrors(all, folder)).toEqual([]);
  }, 120_000);
});
