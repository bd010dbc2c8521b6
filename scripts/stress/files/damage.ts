// What happens to files, by accident or by design: other bytes, less, more, parts in other places, other numbers.

import { Buffer } from 'node:buffer';
import type { Random } from '../../../lib/index.ts';

/** Where counts, lengths and offsets go wrong. */
const boundaries = [
  0n,
  1n,
  -1n,
  255n,
  2n ** 15n,
  2n ** 16n - 1n,
  2n ** 24n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 33n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
];
const otherTexts = ['-0', '1e308', '1e999', 'NaN', 'Infinity', 'null', '""', '[]', '{}', '0.5', '1e-320', 'true'];
const punctuation = `"'{}[](),:#\\L0123456789-<>|`;

type Change = (bytes: Buffer, at: number, length: number, random: Random) => Buffer;

function binaryNumber(bytes: Buffer, at: number, _: number, random: Random): Buffer {
  const size = [1, 2, 4, 8][random.integer(4)] as number;
  if (at + size > bytes.length) return bytes.subarray(0, at);
  const number = Buffer.alloc(8);
  number.writeBigUInt64LE(BigInt.asUintN(64, boundaries[random.integer(boundaries.length)] as bigint));
  const written = number.subarray(0, size);
  bytes.set(random.integer(2) === 0 ? written : written.reverse(), at);
  return bytes;
}

/** Replaces a number in the text, if there is one behind this place. */
function textNumber(bytes: Buffer, at: number, _: number, random: Random): Buffer {
  const text = bytes.toString('latin1');
  const found = /\d+(\.\d+)?(e-?\d+)?/.exec(text.slice(at));
  if (!found) return binaryNumber(bytes, at, 0, random);
  const choice = random.integer(boundaries.length + otherTexts.length);
  const number = otherTexts[choice] ?? String(boundaries[choice - otherTexts.length]);
  const start = at + found.index;
  return Buffer.from(text.slice(0, start) + number + text.slice(start + found[0].length), 'latin1');
}

function swapped(bytes: Buffer, at: number, length: number, random: Random): Buffer {
  const [first, second] = [at, random.integer(bytes.length)].sort((a, b) => a - b) as [number, number];
  const [a, b] = [bytes.subarray(first, first + length), bytes.subarray(second, second + length)];
  return Buffer.concat([
    bytes.subarray(0, first),
    b,
    bytes.subarray(first + length, second),
    a,
    bytes.subarray(second),
  ]);
}

const changes: readonly Change[] = [
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at, length) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]),
  (bytes, at, length) => Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]),
  (bytes, at, length, random) => bytes.fill(random.integer(2) * 0xff, at, at + length),
  (bytes, at, _, random) => {
    bytes.writeUInt8(punctuation.charCodeAt(random.integer(punctuation.length)), at);
    return bytes;
  },
  (bytes, at, _, random) => {
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.integer(8)), at);
    return bytes;
  },
  (bytes, _, __, random) => {
    for (let i = random.integer(4); i >= 0; i--) bytes.writeUInt8(random.integer(256), random.integer(bytes.length));
    return bytes;
  },
  swapped,
  binaryNumber,
  binaryNumber,
  textNumber,
  textNumber,
];

/** A copy of the bytes with one, two or three changes; `other` is what a splice takes its second half from. */
export function damaged(bytes: Uint8Array, other: Uint8Array, random: Random): Buffer {
  let copy = Buffer.from(bytes);
  for (let i = [0, 0, 0, 1, 2][random.integer(5)] as number; i >= 0 && copy.length > 0; i--) {
    const at = random.integer(copy.length);
    const length = random.integer(Math.min(16, copy.length - at)) + 1;
    if (random.integer(20) === 0) copy = Buffer.concat([copy.subarray(0, at), other.subarray(at)]);
    else copy = Buffer.from((changes[random.integer(changes.length)] as Change)(copy, at, length, random));
  }
  return copy;
}
