import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { native } from '../../../lib/native/addon.ts';
import { commandLine } from '../../cli/support.ts';
import { blobs, idxBytes } from '../pictures.ts';

const { folder, denseam, interrupt, start } = commandLine();
const images = join(folder, 'images.idx');

beforeAll(() => {
  writeFileSync(images, idxBytes(blobs(30, 16, 1)));
  writeFileSync(join(folder, 'train-images-idx3-ubyte.gz'), gzipSync(idxBytes(blobs(30, 16, 1))));
});

const most = native.mostThreads();
const demo = (...args: string[]) => denseam('demo', ...args);

describe('the demo', () => {
  it('prints both tables and writes the page, from a file or a folder', () => {
    const out = join(folder, 'from-file.html');
    const { status, stdout, stderr } = demo('--data', images, '--items', '30', '--queries', '5', '--out', out);
    expect(status).toBe(0);
    expect(stdout).toContain('Recall with 20 % of the pixels hidden at random');
    expect(stdout).toContain('Recall with a block of 12 x 12 pixels hidden');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(out);
    // No terminal: plain lines.
    expect(stderr).toContain('  0 %  Describing images\n');
    expect(stderr).not.toContain('\u001b');
    expect(readFileSync(out, 'utf8')).toContain('</html>');

    const again = demo('--data', folder, '--items', '30', '--queries', '5', '--out', 'reports');
    expect(again.status).toBe(0);
    expect(existsSync(join(folder, 'reports', 'index.html'))).toBe(true);
    // Equal but for the seconds and the page's path.
    const figures = (text: string) => text.slice(0, text.indexOf('Best recall'));
    expect(figures(again.stdout)).toBe(figures(stdout));
  });

  it('shows its options with examples', () => {
    const { status, stdout } = demo('--help');
    expect(status).toBe(0);
    for (const text of ['--data', '--out', '--seed', '--items', '--queries', '--threads', 'Examples:']) {
      expect(stdout).toContain(text);
    }
  });

  it.each([
    [['--seed', 'x'], "option '--seed <n>' argument 'x' is invalid. Expected an integer of 0 or more."],
    [['--queries', '0'], "option '--queries <n>' argument '0' is invalid. Expected an integer of 1 or more."],
    [['--threads', '-1'], `option '--threads <n>' argument '-1' is invalid. Expected an integer from 1 to ${most}.`],
    [['--threads', `${most + 1}`], `argument '${most + 1}' is invalid. Expected an integer from 1 to ${most}.`],
    [['--colour'], "unknown option '--colour'"],
    [['more'], 'too many arguments'],
  ])('refuses %o with a hint', (args, message) => {
    const { status, stdout, stderr } = demo(...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr).toContain('--help lists the options');
  });

  it('says in one line that the number of threads in the environment is none', async () => {
    for (const args of [['--help'], ['demo']]) {
      const { status, stdout, stderr } = await start(args, { DENSEAM_THREADS: 'abc' });
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(/^Error: Expected an integer from 1 to \d+ for DENSEAM_THREADS .* "abc" \(ERR_RANGE\)\n$/);
    }
  });

  it('says how to get images when there are none', () => {
    const { status, stderr } = demo('--data', join(folder, 'nowhere'));
    expect(status).toBe(1);
    expect(stderr).toContain('apt-get install dataset-fashion-mnist');
    expect(stderr).toContain('--data <folder or file>');
  });

  it('says what is wrong with a file or a setting, without a stack', () => {
    const foreign = join(folder, 'foreign.txt');
    writeFileSync(foreign, 'not images at all');
    for (const [args, message] of [
      [['--data', foreign], 'not an IDX file'],
      [['--data', images, '--items', '31'], 'for items but received 31'],
      [['--data', images, '--items', '10', '--queries', '11'], 'for queries but received 11'],
      [['--data', images, '--out', join(images, 'below')], 'ENOTDIR'],
    ] as const) {
      const { status, stderr } = demo(...args);
      expect(status).toBe(1);
      expect(stderr).toContain(message);
      expect(stderr).toMatch(/^Error: /m);
      expect(stderr).not.toContain('    at ');
    }
  });

  it('stops at Ctrl-C with exit code 130 and no page', async () => {
    const big = join(folder, 'big.idx');
    const out = join(folder, 'stopped');
    writeFileSync(big, idxBytes(blobs(100, 16, 2)));
    const args = ['demo', '--data', big, '--items', '100', '--queries', '100', '--out', out];
    const { status, stderr } = await interrupt(args, 'Gaussian memory');
    expect(status).toBe(130);
    expect(stderr).toContain('Stopped.');
    expect(existsSync(join(out, 'index.html'))).toBe(false);
  });
});
