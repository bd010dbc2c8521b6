import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { openSafetensors, type TensorChunk, writeSafetensors } from '../../lib/io/safetensors/safetensors.ts';
import { expectFault, temporaryDirectory } from './support.ts';

const file = temporaryDirectory();

const ROWS = 8;
const COLUMNS = 50_000;
const tensors = [{ name: 'x', dtype: 'F64' as const, shape: [ROWS, COLUMNS] }];

function* rows(beforeRow: (row: number) => void = () => {}): Generator<TensorChunk> {
  for (let row = 0; row < ROWS; row++) {
    beforeRow(row);
    yield { tensor: 'x', data: new Float64Array(COLUMNS).fill(row) };
  }
}

async function* rowsLater(beforeRow: (row: number) => void): AsyncGenerator<TensorChunk> {
  for (const row of rows(beforeRow)) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    yield row;
  }
}

/** Expects that the old file is as it was and that nothing else lies beside it. */
async function expectUntouched(): Promise<void> {
  expect(await readdir(file())).toEqual(['a']);
  expect(await readFile(file('a'), 'utf8')).toBe('the old file');
}

describe('a save that fails leaves the old file and nothing else', () => {
  beforeEach(() => writeFile(file('a'), 'the old file'));

  test('while a save runs the old file is there; then the new one', async () => {
    const seen: string[][] = [];
    async function* watched(): AsyncGenerator<TensorChunk> {
      for (const row of rows()) {
        expect(await readFile(file('a'), 'utf8')).toBe('the old file');
        seen.push(await readdir(file()));
        yield row;
      }
    }
    await writeSafetensors(file('a'), { tensors, chunks: watched() });
    expect(seen.every((names) => names.length === 2)).toBe(true);
    expect(await readdir(file())).toEqual(['a']);
    const opened = await openSafetensors(file('a'));
    expect((await opened.read('x')).at(-1)).toBe(ROWS - 1);
    await opened.close();
  });

  test('aborted before', async () => {
    const signal = AbortSignal.abort(new Error('not today'));
    await expect(writeSafetensors(file('a'), { tensors, chunks: rows() }, { signal })).rejects.toBe(signal.reason);
    await expectUntouched();
  });

  test.each([0, 3, ROWS - 1])('aborted in row %i: rejects with the reason and closes the source', async (last) => {
    const controller = new AbortController();
    const reason = { why: 'enough' };
    let closed = false;
    async function* chunks(): AsyncGenerator<TensorChunk> {
      try {
        yield* rowsLater((row) => row === last && controller.abort(reason));
      } finally {
        closed = true;
      }
    }
    const saving = writeSafetensors(file('a'), { tensors, chunks: chunks() }, { signal: controller.signal });
    await expect(saving).rejects.toBe(reason);
    expect(closed).toBe(true);
    await expectUntouched();
  });

  test('aborted after the last byte, before the rename', async () => {
    const controller = new AbortController();
    const reason = new Error('too late, almost');
    async function* chunks(): AsyncGenerator<TensorChunk> {
      yield* rows();
      controller.abort(reason);
    }
    const saving = writeSafetensors(file('a'), { tensors, chunks: chunks() }, { signal: controller.signal });
    await expect(saving).rejects.toBe(reason);
    await expectUntouched();
  });

  test('a source that throws', async () => {
    const failure = new Error('the native part said no');
    const chunks = rowsLater((row) => {
      if (row === 2) throw failure;
    });
    await expect(writeSafetensors(file('a'), { tensors, chunks })).rejects.toBe(failure);
    await expectUntouched();
  });

  test('a full disk', async (context) => {
    // The limit on file sizes makes the system refuse a write half-way, as a full disk does, without needing one.
    const prlimit = (...options: string[]) => execFileSync('prlimit', ['--pid', `${process.pid}`, ...options]);
    const limit = (bytes: string) => prlimit(`--fsize=${bytes}:`);
    let usual = '';
    try {
      usual = prlimit('--output', 'SOFT', '--noheadings', '--fsize').toString().trim();
      limit('1000000');
    } catch {
      return context.skip('prlimit is not there');
    }
    const saving = writeSafetensors(file('a'), { tensors, chunks: rows() });
    const error = await saving.catch((error: unknown) => error).finally(() => limit(usual));
    expect(error).toMatchObject({ code: 'EFBIG', path: file('a') });
    expect((error as Error).message).toBe(`Cannot write file "${file('a')}": file too large (EFBIG)`);
    await expectUntouched();
  });

  test.each<[string, TensorChunk[], RegExp]>([
    ['too few numbers', [{ tensor: 'x', data: new Float64Array(5) }], /Expected 3200000 bytes .* received 40$/],
    [
      'too many',
      [...rows(), { tensor: 'x', data: new Float64Array(1) }],
      /Expected 3200000 bytes .* received 3200008$/,
    ],
    ['an unknown tensor', [{ tensor: 'y', data: new Float64Array(5) }], /the unknown tensor "y"/],
    ['another precision', [{ tensor: 'x', data: new Float32Array(5) }], /Expected F64 numbers .* a Float32Array/],
    ['no array', [{ tensor: 'x', data: undefined as never }], /Expected F64 numbers/],
  ])('%s', async (_, chunks, message) => {
    await expectFault(writeSafetensors(file('a'), { tensors, chunks }), 'ERR_SHAPE', message);
    await expectUntouched();
  });

  test.each<[string, Parameters<typeof writeSafetensors>[1], 'ERR_RANGE' | 'ERR_SHAPE', RegExp]>([
    ['the same name twice', { tensors: [...tensors, ...tensors], chunks: [] }, 'ERR_RANGE', /distinct .* "x"/],
    [
      'a reserved name',
      { tensors: [{ ...tensors[0], name: '__metadata__' } as never], chunks: [] },
      'ERR_RANGE',
      /meta/,
    ],
    [
      'an unknown dtype',
      { tensors: [{ ...tensors[0], dtype: 'I8' } as never], chunks: [] },
      'ERR_RANGE',
      /received I8/,
    ],
    ['a negative extent', { tensors: [{ name: 'x', dtype: 'F64', shape: [-1] }], chunks: [] }, 'ERR_SHAPE', /\[-1\]/],
    [
      'an overflow',
      { tensors: [{ name: 'x', dtype: 'F64', shape: [2 ** 51] }], chunks: [] },
      'ERR_SHAPE',
      /cannot have/,
    ],
    ['reserved metadata', { tensors: [], metadata: { checksum: 'x' }, chunks: [] }, 'ERR_RANGE', /received checksum/],
    ['metadata that is no string', { tensors: [], metadata: { n: 1 as never }, chunks: [] }, 'ERR_RANGE', /received n/],
  ])('%s', async (_, content, code, message) => {
    await expectFault(writeSafetensors(file('a'), content), code, message);
    await expectUntouched();
  });
});

describe('where a save goes', () => {
  const save = (path: string) => writeSafetensors(path, { tensors: [], chunks: [] });

  test('a missing directory', async () => {
    const error = await save(file('none/a')).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'ENOENT', path: file('none/a'), message: expect.stringContaining('none/a') });
    expect(await readdir(file())).toEqual([]);
  });

  test('a directory that cannot be written to', async () => {
    // Permissions do not stop root, so a file system that takes no files stands in for a read-only directory.
    const readOnly = process.getuid?.() === 0 ? '/proc' : file('locked');
    if (readOnly !== '/proc') {
      await mkdir(readOnly);
      await chmod(readOnly, 0o500);
    }
    const error = await save(`${readOnly}/a`).catch((error: unknown) => error);
    expect(['EACCES', 'ENOENT', 'EROFS', 'EPERM']).toContain((error as NodeJS.ErrnoException).code);
    expect((error as Error).message).toContain(`Cannot write file "${readOnly}/a"`);
  });

  test('a directory and a device are not replaced', async () => {
    await mkdir(file('directory'));
    await expectFault(save(file('directory')), 'ERR_RANGE', /Expected a regular file .* a directory/);
    await expectFault(save('/dev/full'), 'ERR_RANGE', /Expected a regular file .* "\/dev\/full", a device/);
    expect((await stat('/dev/full')).isCharacterDevice()).toBe(true);
    expect(await readdir(file())).toEqual(['directory']);
  });

  test('a link stays a link, and permissions stay', async () => {
    await writeFile(file('real'), 'old', { mode: 0o600 });
    await symlink('real', file('link'));
    await save(file('link'));
    expect((await lstat(file('link'))).isSymbolicLink()).toBe(true);
    expect((await stat(file('real'))).mode & 0o777).toBe(0o600);
    await (await openSafetensors(file('real'))).close();
    expect((await readdir(file())).sort()).toEqual(['link', 'real']);
  });

  test('a link to a file that is not there stays a link, and the file comes to be', async () => {
    await mkdir(file('folder'));
    await symlink('folder/second', file('first'));
    await symlink('../real', file('folder/second'));
    await save(file('first'));
    expect((await lstat(file('first'))).isSymbolicLink()).toBe(true);
    expect((await lstat(file('folder/second'))).isSymbolicLink()).toBe(true);
    expect((await lstat(file('real'))).isFile()).toBe(true);
    await symlink('later/', file('toFolder'));
    await expectFault(save(file('toFolder')), 'ERR_RANGE', /ends with the name of a file .* "\/.*\/later\/"/);
    await symlink('none/real', file('astray'));
    await expect(save(file('astray'))).rejects.toMatchObject({ code: 'ENOENT', path: file('astray') });
    await symlink('circle', file('circle'));
    await expect(save(file('circle'))).rejects.toMatchObject({ code: 'ELOOP', path: file('circle') });
    expect((await readdir(file())).sort()).toEqual(['astray', 'circle', 'first', 'folder', 'real', 'toFolder']);
  });

  test('permissions are those of the replaced file from the first byte on, whatever the mask', async () => {
    for (const mode of [0o600, 0o640, 0o666]) {
      await writeFile(file('a'), 'old');
      await chmod(file('a'), mode);
      const modes: number[] = [];
      async function* chunks(): AsyncGenerator<TensorChunk> {
        for (const row of rows()) {
          const [temporary = ''] = (await readdir(file())).filter((name) => name.endsWith('.tmp'));
          modes.push((await stat(file(temporary))).mode & 0o777);
          yield row;
        }
      }
      await writeSafetensors(file('a'), { tensors, chunks: chunks() });
      expect(modes.length).toBeGreaterThan(1);
      expect(modes.filter((found) => (found & ~mode) !== 0)).toEqual([]);
      expect((await stat(file('a'))).mode & 0o777).toBe(mode);
    }
  });

  test('saves to the same path at the same time: one of them is what is there', async () => {
    await Promise.all(Array.from({ length: 8 }, () => writeSafetensors(file('a'), { tensors, chunks: rows() })));
    expect(await readdir(file())).toEqual(['a']);
    const opened = await openSafetensors(file('a'));
    await opened.verify().finally(() => opened.close());
  });
});

describe('progress and cancelling', () => {
  test('progress counts bytes, never falls, and ends at the total', async () => {
    const steps: number[] = [];
    const total = ROWS * COLUMNS * 8;
    const onProgress = (progress: { completed: number; total: number }) => {
      expect(progress.total).toBe(total);
      steps.push(progress.completed);
    };
    await writeSafetensors(file('a'), { tensors, chunks: rows() }, { onProgress });
    expect(steps.at(-1)).toBe(total);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });

  test('reading stops with the reason of the signal', async () => {
    await writeSafetensors(file('a'), { tensors, chunks: rows() });
    const opened = await openSafetensors(file('a'));
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(opened.verify({ signal })).rejects.toBe(signal.reason);
    await expect(opened.read('x', { signal })).rejects.toBe(signal.reason);
    await opened.close();
  });
});
