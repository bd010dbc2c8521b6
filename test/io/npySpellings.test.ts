import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DenseamError } from '../../lib/core/errors.ts';
import { type BigNpyArray, parseNpy } from '../../lib/io/numpy/npy.ts';
import { readNpz } from '../../lib/io/numpy/npz.ts';
import { temporaryDirectory } from './support.ts';

// What numpy itself makes of every spelling: see test/conformance/make_npy_table.py.

/** null: refused. One element: another kind, by its type. Three: the type, the shape and the numbers. */
type Answer = null | [string] | [string, number[], string[]];
interface Table {
  readonly payload: string;
  readonly dtypes: readonly [descr: string, answer: Answer][];
  readonly headers: readonly [version: number[], header: string, answer: Answer][];
  readonly archives: readonly [what: string, content: string, answers: Record<string, Answer | 'bytes'>][];
}

const folder = join(import.meta.dirname, '../conformance');
const table: Table = JSON.parse(readFileSync(join(folder, 'npy-spellings.json'), 'utf8'));
const file = temporaryDirectory();

function npy(version: readonly number[], header: string): Uint8Array {
  const text = Buffer.from(header, version[0] === 3 ? 'utf8' : 'latin1');
  const length = Buffer.alloc(version[0] === 1 ? 2 : 4);
  length.writeUIntLE(text.length, 0, length.length);
  const magic = Buffer.from('\x93NUMPY', 'latin1');
  // The payload is longer than the numbers that most headers ask for, as numpy reads them.
  return Buffer.concat([magic, Buffer.from(version), length, text, Buffer.from(table.payload, 'base64')]);
}

/** Python's float.hex(), read back. */
function fromHex(text: string): number {
  const [, sign, whole = '0', fraction = '', exponent = '0'] =
    /^(-?)0x(\d)(?:\.([\da-f]+))?p([-+]\d+)$/.exec(text) ?? [];
  const digits = Number.parseInt(whole + fraction, 16);
  return (sign === '-' ? -1 : 1) * digits * 2 ** (Number(exponent) - 4 * fraction.length);
}

const NAMES: Readonly<Record<string, string>> = { b1: 'bool', i: 'int', u: 'uint', f: 'float' };
const nameOf = (dtype: string) => NAMES[dtype.slice(1)] ?? `${NAMES[dtype[1] ?? '']}${8 * Number(dtype.slice(2))}`;

function expectAnswer(read: () => BigNpyArray, answer: Answer): void {
  if (answer?.length === 3) {
    const [dtype, shape, numbers] = answer;
    const array = read();
    const parse = (text: string) =>
      text.includes('p') ? fromHex(text) : text.length > 15 ? BigInt(text) : Number(text);
    expect({ dtype: array.dtype, shape: array.shape }).toEqual({ dtype: nameOf(dtype), shape });
    expect(Array.from(array.data as never, String)).toEqual(numbers.map((text) => String(parse(text))));
    return;
  }
  let error: unknown;
  try {
    read();
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(DenseamError);
  const codes = answer === null ? ['ERR_CORRUPT_FILE', 'ERR_UNSUPPORTED'] : ['ERR_UNSUPPORTED'];
  expect(codes).toContain((error as DenseamError).code);
}

/** Descriptions that numpy takes for what they can mean, but that nothing writes. */
const RARE_DTYPES = ['1f8', '(1,)<f8', '()f8', 'f8,', 'f,'];
/** Sizes that numpy 1 finds out from the file and numpy 2 refuses, and names of characters. */
const isRare = (header: string) => header.includes('-1') || header.includes('\\N{');

describe('spellings of .npy headers', () => {
  test.each(table.dtypes)('descr %j', (descr, answer) => {
    const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (2,), }`;
    const isNewer = /^[<>=|]?[nN]$/.test(descr); // a type from numpy 2 on
    const expected: Answer = RARE_DTYPES.includes(descr) ? null : answer;
    if (isNewer) expect(parseNpy(npy([1, 0], header), '', { bigint: true }).dtype).toMatch(/^u?int64$/);
    else expectAnswer(() => parseNpy(npy([1, 0], header), 'a.npy', { bigint: true }), expected);
  });

  test.each(table.headers)('version %j, header %j', (version, header, answer) => {
    const axes = /'shape': \(((?:1, )+)\)/.exec(header)?.[1]?.length ?? 0;
    const expected: Answer = isRare(header) ? null : answer;
    // numpy 1 stops at 32 axes, numpy 2 at 64.
    if (answer === null && axes > 3 * 32 && axes <= 3 * 64) {
      expect(parseNpy(npy(version, header), '').shape).toHaveLength(axes / 3);
    } else expectAnswer(() => parseNpy(npy(version, header), 'a.npy', { bigint: true }), expected);
  });
});

describe('names in .npz archives', () => {
  test.each(table.archives)('%s', async (_, content, answers) => {
    await writeFile(file('a.npz'), Buffer.from(content, 'base64'));
    const all = await readNpz(file('a.npz'), undefined, { bigint: true });
    const arrays = Object.entries(answers).filter(([, answer]) => answer !== 'bytes');
    // Each array once: numpy lists those that end in .npy without it, and gives them by both names.
    const listed = arrays.map(([name]) => name).filter((name) => !name.endsWith('.npy') || !isShortened(name, answers));
    expect([...all.keys()].sort()).toEqual(listed.sort());
    for (const [name, answer] of Object.entries(answers)) {
      const one = readNpz(file('a.npz'), [name], { bigint: true });
      if (answer === 'bytes') await expect(one).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
      else {
        const array = (await one).get(name) as BigNpyArray;
        expectAnswer(() => array, answer);
        if (all.has(name)) expect(all.get(name)).toEqual(array);
      }
    }
  });
});

/** Whether numpy gives the same array by the name without its ending. */
function isShortened(name: string, answers: Record<string, unknown>): boolean {
  return JSON.stringify(answers[name]) === JSON.stringify(answers[name.slice(0, -'.npy'.length)]);
}
