import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Example, examples, makeFolder, readDocument, runExamples, typeErrors } from './document.ts';

const all = examples(readDocument('docs/pointcloud.md'));
const { folder, remove } = makeFolder();
let printed: string[];

const title = ({ program }: Example) => `line ${program.line}`;

beforeAll(() => {
  printed = runExamples(all, folder);
}, 120_000);
afterAll(remove);

describe('the guide to the point-cloud memory', () => {
  it.each(all.map((example, i) => [title(example), example, i] as const))(
    '%s prints what it says',
    (_, { output }, i) => {
      expect(printed[i]).toBe(output ?? '');
    },
  );

  it('uses the public types as they are', () => {
    expect(typeErrors(all, folder)).toEqual([]);
  }, 120_000);
});
