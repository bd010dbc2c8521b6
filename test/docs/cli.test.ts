import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeNpz } from '../../lib/io/numpy/writeNpz.ts';
import { commandLine } from '../cli/support.ts';
import { examples, readDocument } from './document.ts';

const { folder, denseam } = commandLine();
const page = readDocument('docs/cli.md');

beforeAll(async () => {
  // What the page's Python writes.
  const array = (name: string, ...data: number[]) => ({
    name,
    shape: [data.length / 2, 2],
    data: Float64Array.from(data),
  });
  await writeNpz(join(folder, 'items.npz'), [array('means', 0, 0, 6, 0, 0, 8), array('covariances', 1, 1, 4, 1, 1, 9)]);
  await writeNpz(join(folder, 'queries.npz'), [array('means', 5, 1, 1, 7), array('covariances', 1, 1, 1, 1)]);
});

/** The subcommands of a command, as its help lists them. */
function subcommands(path: readonly string[]): string[][] {
  const { stdout } = denseam(...path, '--help');
  const listed = /^Commands:\n(.*?)(\n\n|\n$)/ms.exec(stdout)?.[1] ?? '';
  const names = [...listed.matchAll(/^ {2}([a-z]+)/gm)].map((match) => match[1] as string);
  return names.filter((name) => name !== 'help').map((name) => [...path, name]);
}

describe('the page on the command line', () => {
  it('shows what commands print', () => {
    for (const { program, output } of examples(page, ['sh'])) {
      const { status, stdout, stderr } = denseam(...program.text.trim().split(' ').slice(1));
      expect(status, stderr).toBe(0);
      expect(stdout).toBe(output);
    }
  });

  it('names every command and option', () => {
    const commands = subcommands([]).flatMap((path) => {
      const below = subcommands(path);
      return below.length > 0 ? below : [path];
    });
    expect(commands).toHaveLength(12);
    for (const path of commands) {
      expect(page).toContain(`denseam ${path.join(' ')}`);
      if (path[0] === 'demo') continue; // described in the guide to Gaussian memories
      const { stdout } = denseam(...path, '--help');
      for (const [, option] of stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)) expect(page).toContain(option);
    }
  }, 60_000);
});
