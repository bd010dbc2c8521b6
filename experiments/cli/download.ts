import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { CallOptions } from 'denseam';
import { corruptFile, describing } from 'denseam/cli';

/** HTTP status of a response with the requested part. */
const partialContent = 206;
/** HTTP: there is no such part, since all of it is here or the file there is shorter. */
const rangeNotSatisfiable = 416;

/**
 * Downloads a gzipped file. What has come stays in `path`.part when it is stopped or the line breaks, and the next call
 * asks for the rest only. The file gets its name when the SHA-256 of its contents, unzipped, is right.
 *
 * @throws DenseamError ERR_CORRUPT_FILE for other contents, which are removed; the signal's reason; errors of the
 * system and the line with their code.
 */
export async function download(url: string, path: string, sha256: string, options: CallOptions): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  await fetchRest(url, part, options);
  const found = await hashOfContents(part, options.signal);
  if (found !== sha256) {
    await rm(part);
    throw corruptFile(url, `its contents have the SHA-256 ${found ?? 'of no gzip data'}, expected ${sha256}`);
  }
  await rename(part, path);
}

async function fetchRest(url: string, part: string, { signal, onProgress }: CallOptions): Promise<void> {
  const present = (await stat(part).catch(() => undefined))?.size ?? 0;
  const headers: Record<string, string> = present > 0 ? { range: `bytes=${present}-` } : {};
  const response = await onLine(url, fetch(url, { headers, signal: signal ?? null }), signal);
  if (present > 0 && response.status === rangeNotSatisfiable) return; // the checksum says whether it is whole
  if (!response.ok || response.body === null) {
    throw new Error(`Cannot download ${url}: the server answers ${response.status} ${response.statusText}`.trimEnd());
  }
  const start = response.status === partialContent ? present : 0;
  const total = start + Number(response.headers.get('content-length') ?? 0);
  const handle = await describing('write', part, open(part, start > 0 ? 'a' : 'w'));
  try {
    let completed = start;
    const pieces = response.body[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await onLine(url, pieces.next(), signal);
      if (done) break;
      await describing('write', part, handle.appendFile(value));
      completed += value.length;
      if (total > start) onProgress?.({ completed, total });
    }
  } finally {
    await handle.close();
  }
}

/** Awaits the line; its errors say what happened and that nothing is lost. */
async function onLine<T>(url: string, call: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await call;
  } catch (error) {
    signal?.throwIfAborted();
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    const code = cause?.code ?? 'ERR_NETWORK';
    const why = cause?.message || (error as Error).message;
    const message = `Cannot download ${url}: ${why}; what has come is kept, the same command goes on from there`;
    throw Object.assign(new Error(message, { cause: error }), { code });
  }
}

/** SHA-256 of the unzipped contents; undefined for data that are not gzipped. */
async function hashOfContents(path: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), createGunzip(), hash, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z_')) return undefined;
    throw error;
  }
  return hash.digest('hex');
}
