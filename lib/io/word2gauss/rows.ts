import { Buffer } from 'node:buffer';
import { fitsInMemory } from '../../core/availableMemory.ts';
import { DenseamError, type ErrorCode } from '../../core/errors.ts';
import { corruptFile } from '../files.ts';
import type { MemberSink } from './tar.ts';

/**
 * Bounds on the bytes of a number in text: a digit and a separator; the longest float64 of Python, with room to spare.
 */
const LEAST_BYTES_PER_NUMBER = 2;
const MOST_BYTES_PER_NUMBER = 32;

/** Limit far beyond any word, so that a file without line ends does not fill the memory. */
const MOST_BYTES_PER_WORD = 1 << 16;

/** Bytes of words kept between two checks of the available memory. */
const WORD_BYTES_GUARDED = 1 << 24;

/** Decimal numbers as Python prints them. `Number` alone would also take hexadecimal ones and the empty text. */
const DECIMAL = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;

/** Python's text for numbers that are not finite. */
const NOT_FINITE = /^[-+]?(?:nan|inf|infinity)$/i;

/** Layout of a member of rows. */
export interface RowsLayout {
  /** The archive and the member, for messages. */
  readonly path: string;
  /** Name of the numbers in messages: `member[row, column]`, both from 0. */
  readonly member: string;
  readonly rows: number;
  /** Numbers in a row. */
  readonly columns: number;
  /** Whether a row begins with a word. */
  readonly hasWords: boolean;
  /** Whether the numbers are variances, which must not be negative. */
  readonly areVariances: boolean;
}

/** Rows to decode, from `first` to before `end`; the numbers of other rows are skipped. */
export interface WantedRows {
  readonly first: number;
  readonly end: number;
  /** (end - first) x columns. */
  readonly target: Float32Array;
}

/**
 * Refuses a member that cannot hold its rows, so that no declared count asks for more memory than the file has numbers,
 * and no small file unpacks into more than its rows may take.
 *
 * @throws DenseamError ERR_SHAPE for a member that is too short, ERR_CORRUPT_FILE for one that is too long
 */
export function checkByteLength({ path, rows, columns, hasWords }: RowsLayout, byteLength: number): void {
  const expected = `expected ${rows} rows of ${columns} numbers`;
  if (byteLength < rows * columns * LEAST_BYTES_PER_NUMBER) {
    throw new DenseamError('ERR_SHAPE', `File "${path}": ${expected} but received ${byteLength} bytes`);
  }
  const most = rows * (columns * MOST_BYTES_PER_NUMBER + (hasWords ? MOST_BYTES_PER_WORD : 0));
  if (byteLength > most) {
    throw corruptFile(path, `${expected}, at most ${most} bytes, but received ${byteLength} bytes`);
  }
}

/** Decoder of lines of numbers, each perhaps after a word, to an array. Columns are separated by one space. */
export class RowDecoder implements MemberSink {
  /** The words of all rows, where rows have words. */
  readonly words: string[] = [];
  readonly #layout: RowsLayout;
  readonly #wanted: WantedRows;
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #mostBytesPerRow: number;
  /** Bytes of words since the last check of the available memory. */
  #wordBytes = 0;
  /** The beginning of a line whose end has not come. */
  #rest = '';
  #row = 0;

  constructor(layout: RowsLayout, wanted: WantedRows) {
    this.#layout = layout;
    this.#wanted = wanted;
    this.#mostBytesPerRow = layout.columns * MOST_BYTES_PER_NUMBER + MOST_BYTES_PER_WORD;
  }

  push(bytes: Uint8Array): void {
    // One character a byte: numbers are ASCII, and a word may be cut anywhere.
    const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1').split('\n');
    lines[0] = this.#rest + lines[0];
    this.#rest = lines.pop() as string;
    for (const line of lines) this.#take(line);
    if (this.#rest.length > this.#mostBytesPerRow) {
      throw corruptFile(this.#layout.path, `row ${this.#row} has more than ${this.#mostBytesPerRow} bytes`);
    }
  }

  finish(): void {
    if (this.#rest !== '') throw corruptFile(this.#layout.path, `truncated: row ${this.#row} has no end`);
    this.checkComplete();
  }

  /** @throws DenseamError ERR_SHAPE when there were fewer rows than there must be */
  checkComplete(): void {
    if (this.#row === this.#layout.rows) return;
    throw this.#fault('ERR_SHAPE', `expected ${this.#layout.rows} rows but received ${this.#row}`);
  }

  #take(line: string): void {
    const { rows, hasWords } = this.#layout;
    if (this.#row === rows) throw this.#fault('ERR_SHAPE', `expected ${rows} rows but received more`);
    const numbers = line.split(' ');
    if (hasWords) this.#keepWord(numbers.shift() as string);
    if (this.#row >= this.#wanted.first && this.#row < this.#wanted.end) this.#store(numbers);
    this.#row++;
  }

  /** Keeps a word and checks the memory: words of equal letters are compressed in the file, but not here. */
  #keepWord(bytes: string): void {
    this.#wordBytes += bytes.length;
    if (this.#wordBytes > WORD_BYTES_GUARDED) {
      fitsInMemory(`The words of file "${this.#layout.path}"`, 2 * WORD_BYTES_GUARDED);
      this.#wordBytes = 0;
    }
    this.words.push(this.#decodeWord(bytes));
  }

  #decodeWord(bytes: string): string {
    try {
      return this.#utf8.decode(Buffer.from(bytes, 'latin1'));
    } catch (error) {
      throw corruptFile(this.#layout.path, `the word of row ${this.#row} is not UTF-8`, error);
    }
  }

  #store(numbers: readonly string[]): void {
    const { columns, hasWords, areVariances } = this.#layout;
    if (numbers.length !== columns) {
      const expected = `${hasWords ? 'a word without spaces and ' : ''}${columns} numbers`;
      const what = `expected ${expected} in row ${this.#row} but received ${numbers.length} numbers`;
      throw this.#fault('ERR_SHAPE', what);
    }
    const { first, target } = this.#wanted;
    const start = (this.#row - first) * columns;
    for (let column = 0; column < columns; column++) {
      const text = numbers[column] as string;
      const value = Math.fround(Number(text));
      if (!Number.isFinite(value) || (areVariances && value < 0) || !DECIMAL.test(text)) {
        throw this.#badNumber(text, column);
      }
      target[start + column] = value;
    }
  }

  #badNumber(text: string, column: number): DenseamError {
    const where = `${this.#layout.member}[${this.#row}, ${column}]`;
    const received = `for ${where} but received ${text.length > 40 ? `${text.slice(0, 40)}...` : text}`;
    if (NOT_FINITE.test(text)) return this.#fault('ERR_NOT_FINITE', `expected a finite number ${received}`);
    if (!DECIMAL.test(text)) return corruptFile(this.#layout.path, `expected a number ${received}`);
    if (!Number.isFinite(Math.fround(Number(text)))) {
      return this.#fault('ERR_RANGE', `expected a number within float32 ${received}`);
    }
    return this.#fault('ERR_NOT_POSITIVE_DEFINITE', `expected a variance of at least 0 ${received}`);
  }

  #fault(code: ErrorCode, what: string): DenseamError {
    return new DenseamError(code, `File "${this.#layout.path}": ${what}`);
  }
}
