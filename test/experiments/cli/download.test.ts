import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { download } from '../../../experiments/cli/download.ts';
import { expectFault, temporaryDirectory } from '../../io/support.ts';

const inFolder = temporaryDirectory();
const contents = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * i) % 251));
// Not compressed, so that there is enough of it to stop in the middle.
const zipped = gzipSync(contents, { level: 0 });
const sha256 = createHash('sha256').update(contents).digest('hex');

let answer: (request: IncomingMessage, response: ServerResponse) => void;
const ranges: (string | undefined)[] = [];
const server = createServer((request, response) => {
  ranges.push(request.headers.range);
  answer(request, response);
});
let url = '';

/** Answers as servers do that know ranges. */
function whole(request: IncomingMessage, response: ServerResponse): void {
  const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start >= zipped.length) response.writeHead(416).end();
  else
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': zipped.length - start }).end(zipped.subarray(start));
}

/** Half of the file, then the line breaks. */
function half(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-length': zipped.length });
  response.write(zipped.subarray(0, zipped.length / 2), () => setTimeout(() => response.destroy(), 50));
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.gz`;
});
beforeEach(() => {
  answer = whole;
  ranges.length = 0;
});
afterAll(() => server.close());

describe('downloading', () => {
  it('gives the file its name when its contents are right', async () => {
    const seen: number[] = [];
    await download(url, inFolder('new/file.gz'), sha256, { onProgress: ({ completed }) => seen.push(completed) });
    expect(readFileSync(inFolder('new/file.gz'))).toEqual(zipped);
    expect(existsSync(inFolder('new/file.gz.part'))).toBe(false);
    expect(seen.at(-1)).toBe(zipped.length);
  });

  it('goes on where the line broke', async () => {
    answer = half;
    await expect(download(url, inFolder('file.gz'), sha256, {})).rejects.toThrow(
      /^Cannot download http:.*; what has come is kept, the same command goes on from there$/,
    );
    expect(existsSync(inFolder('file.gz'))).toBe(false);
    const kept = readFileSync(inFolder('file.gz.part')).length;
    expect(kept).toBeGreaterThan(0);
    answer = whole;
    await download(url, inFolder('file.gz'), sha256, {});
    expect(ranges).toEqual([undefined, `bytes=${kept}-`]);
    expect(readFileSync(inFolder('file.gz'))).toEqual(zipped);
  });

  it('begins anew where the server knows no ranges, and asks no more where all is here', async () => {
    writeFileSync(inFolder('file.gz.part'), 'something else');
    answer = (_, response) => response.writeHead(200).end(zipped);
    await download(url, inFolder('file.gz'), sha256, {});
    expect(readFileSync(inFolder('file.gz'))).toEqual(zipped);
    answer = whole;
    writeFileSync(inFolder('other.gz.part'), zipped);
    await download(url, inFolder('other.gz'), sha256, {});
    expect(readFileSync(inFolder('other.gz'))).toEqual(zipped);
  });

  it('keeps nothing of other contents', async () => {
    for (const bytes of [gzipSync('something else'), Buffer.from('<html>not here</html>'), zipped.subarray(0, 1000)]) {
      answer = (_, response) => response.writeHead(200).end(bytes);
      await expectFault(download(url, inFolder('file.gz'), sha256, {}), 'ERR_CORRUPT_FILE', /have the SHA-256/);
      expect([existsSync(inFolder('file.gz')), existsSync(inFolder('file.gz.part'))]).toEqual([false, false]);
    }
  });

  it('says what the server answers, and what happens where there is none', async () => {
    answer = (_, response) => response.writeHead(404).end();
    await expect(download(url, inFolder('file.gz'), sha256, {})).rejects.toThrow(/the server answers 404 Not Found$/);
    const nobody = download('http://127.0.0.1:1/file.gz', inFolder('file.gz'), sha256, {});
    await expect(nobody).rejects.toThrow(/^Cannot download http:\/\/127\.0\.0\.1:1\/file\.gz: /);
  });

  it('stops when asked, and keeps what has come', async () => {
    const stop = new AbortController();
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': zipped.length });
      response.write(zipped.subarray(0, 1000), () => setTimeout(() => stop.abort(new Error('enough')), 100));
    };
    await expect(download(url, inFolder('file.gz'), sha256, { signal: stop.signal })).rejects.toThrow('enough');
    expect(readFileSync(inFolder('file.gz.part'))).toHaveLength(1000);
  });
});
