import { Buffer } from 'node:buffer';
import { posix } from 'node:path';
import type { DenseamError } from '../../core/errors.ts';
import { corruptFile } from '../files.ts';

/** Receiver of the bytes of a member of an archive. */
export interface MemberSink {
  /** Takes the next bytes; they are valid during the call only. */
  push(bytes: Uint8Array): void;
  /** Called after the last bytes. */
  finish(): void;
}

/**
 * Callback for every regular file, with its name without folders: returns the receiver of its bytes, or undefined to
 * skip it.
 */
export type ChooseMember = (name: string, byteLength: number) => MemberSink | undefined;

const BLOCK_BYTES = 512;

/** Limit far beyond any path that still is little memory. */
const MOST_METADATA_BYTES = 1 << 20;

/** Regular files: of POSIX, of tar before POSIX, and contiguous ones. */
const FILE_TYPES = '0\x007';
/** Links, devices, folders and pipes: no bytes follow, whatever length the header gives. */
const TYPES_WITHOUT_BYTES = '123456';

/**
 * Streaming reader of tar archives: the format of POSIX with pax headers (their `path` and `size`), and GNU's long
 * names and lengths beyond 8 GiB. Every byte is passed on before `push` returns, so `push` throws the errors of sinks.
 *
 * `push` and `finish` throw DenseamError ERR_CORRUPT_FILE for a damaged or foreign archive.
 */
export class TarReader implements MemberSink {
  readonly #path: string;
  readonly #choose: ChooseMember;
  readonly #header = Buffer.alloc(BLOCK_BYTES);
  #headerBytes = 0;
  #sink: MemberSink | undefined;
  /** Bytes of the member still to come, and of the padding after it. */
  #remaining = 0;
  #padding = 0;
  /** Long name from the headers before a member. */
  #longName: string | undefined;
  #longSize: number | undefined;
  #members = 0;
  /** Consecutive blocks of zeros: two end the archive, and what follows is padding. */
  #zeroBlocks = 0;

  /** @param path the archive's name in error messages */
  constructor(path: string, choose: ChooseMember) {
    this.#path = path;
    this.#choose = choose;
  }

  push(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0 && this.#zeroBlocks < 2) rest = rest.subarray(this.#take(rest));
  }

  finish(): void {
    if (this.#remaining > 0 || this.#padding > 0 || this.#headerBytes > 0) throw this.#fault('truncated');
    if (this.#members === 0) throw this.#fault('it has no members');
  }

  /** Takes the first bytes, as many as belong together; returns their number. */
  #take(bytes: Uint8Array): number {
    if (this.#remaining > 0) return this.#takeContents(bytes);
    const skipped = Math.min(this.#padding, bytes.length);
    this.#padding -= skipped;
    return skipped > 0 ? skipped : this.#takeHeader(bytes);
  }

  #takeContents(bytes: Uint8Array): number {
    const taken = Math.min(this.#remaining, bytes.length);
    this.#sink?.push(bytes.subarray(0, taken));
    this.#remaining -= taken;
    if (this.#remaining === 0) this.#sink?.finish();
    return taken;
  }

  #takeHeader(bytes: Uint8Array): number {
    const taken = Math.min(BLOCK_BYTES - this.#headerBytes, bytes.length);
    this.#header.set(bytes.subarray(0, taken), this.#headerBytes);
    this.#headerBytes += taken;
    if (this.#headerBytes < BLOCK_BYTES) return taken;
    this.#headerBytes = 0;
    if (this.#header.every((byte) => byte === 0)) {
      this.#zeroBlocks++;
      return taken;
    }
    this.#zeroBlocks = 0;
    this.#checkSum();
    this.#startMember();
    return taken;
  }

  /** The sum of the header's bytes, those of the field itself counted as spaces. */
  #checkSum(): void {
    const sum = this.#header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
    if (sum !== this.#number(148, 156, 'checksum')) throw this.#fault('a header does not have its checksum');
  }

  #startMember(): void {
    const type = this.#header.toString('latin1', 156, 157);
    const size = this.#number(124, 136, 'length');
    if (type === 'x' || type === 'L') this.#start(size, this.#metadataSink(type, size));
    // Skips the defaults of all members and the target of a link.
    else if (type === 'g' || type === 'K') this.#start(size, undefined);
    else this.#startContents(type, size);
  }

  #startContents(type: string, size: number): void {
    // The prefix that POSIX puts before a name holds nothing but folders.
    const name = this.#longName ?? untilZero(this.#header.subarray(0, 100));
    const byteLength = TYPES_WITHOUT_BYTES.includes(type) ? 0 : (this.#longSize ?? size);
    this.#longName = undefined;
    this.#longSize = undefined;
    this.#members++;
    // Tar before POSIX has folders as files whose name ends so.
    const isFile = FILE_TYPES.includes(type) && !name.endsWith('/');
    this.#start(byteLength, isFile ? this.#choose(posix.basename(name), byteLength) : undefined);
  }

  #start(byteLength: number, sink: MemberSink | undefined): void {
    this.#sink = sink;
    this.#remaining = byteLength;
    this.#padding = (BLOCK_BYTES - (byteLength % BLOCK_BYTES)) % BLOCK_BYTES;
    if (byteLength === 0) sink?.finish();
  }

  /** Collects a pax header or a long name. */
  #metadataSink(type: 'x' | 'L', size: number): MemberSink {
    if (size > MOST_METADATA_BYTES) throw this.#fault(`a header of ${size} bytes`);
    const pieces: Uint8Array[] = [];
    const finish = () => {
      const bytes = Buffer.concat(pieces);
      if (type === 'L') this.#longName = untilZero(bytes);
      else this.#readPax(bytes);
    };
    return { push: (bytes) => pieces.push(bytes.slice()), finish };
  }

  /** Records `<length> <key>=<value>\n`, whose length in bytes counts itself. */
  #readPax(bytes: Buffer): void {
    for (let start = 0; start < bytes.length; ) {
      const digits = /^[1-9]\d{0,6}(?= )/.exec(bytes.toString('latin1', start, start + 8))?.[0] ?? '';
      const end = start + Number(digits);
      const record = bytes.toString('utf8', start + digits.length + 1, end);
      const equals = record.indexOf('=');
      if (digits === '' || end > bytes.length || equals < 1 || !record.endsWith('\n')) {
        throw this.#fault('a pax header is damaged');
      }
      this.#keepPax(record.slice(0, equals), record.slice(equals + 1, -1));
      start = end;
    }
  }

  #keepPax(key: string, value: string): void {
    if (key === 'path') this.#longName = value;
    if (key !== 'size') return;
    const size = Number(value);
    if (!/^\d+$/.test(value) || !Number.isSafeInteger(size)) throw this.#fault('a pax header has no valid size');
    this.#longSize = size;
  }

  /** A number of the header: in octal digits, or in base 256 where its first bit is set. An empty field is 0. */
  #number(start: number, end: number, what: string): number {
    const field = this.#header.subarray(start, end);
    const value = field.readUInt8(0) < 0x80 ? octal(field) : base256(field);
    if (Number.isSafeInteger(value)) return value;
    throw this.#fault(`a header has no valid ${what}`);
  }

  #fault(what: string): DenseamError {
    return corruptFile(this.#path, `the gzip file holds no intact tar archive: ${what}`);
  }
}

function octal(field: Buffer): number {
  const digits = /^ *([0-7]*)[ \0]*$/.exec(field.toString('latin1'))?.[1];
  return digits === '' ? 0 : Number.parseInt(digits ?? '', 8);
}

/** Negative numbers, whose first bits are all set, become too large ones. */
function base256(field: Buffer): number {
  return field.reduce((sum, byte, at) => sum * 256 + (at === 0 ? byte - 0x80 : byte), 0);
}

function untilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}
