/** A source that is read at any position, such as an open file. */
export interface Readable {
  read(target: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
}

const AHEAD_BYTES = 1 << 16;

/**
 * Reader with fewer system calls, each of which waits for its turn: it serves small reads from a larger piece that was
 * read before.
 */
export class ReadAhead implements Readable {
  readonly #file: Readable;
  #start = 0;
  #piece: Uint8Array = new Uint8Array(0);

  constructor(file: Readable) {
    this.#file = file;
  }

  async read(target: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    if (length > AHEAD_BYTES) return this.#file.read(target, offset, length, position);
    const { start, piece } = await this.#pieceWith(position, length);
    const bytes = piece.subarray(position - start, position - start + length);
    target.set(bytes, offset);
    return { bytesRead: bytes.length };
  }

  async #pieceWith(position: number, length: number): Promise<{ start: number; piece: Uint8Array }> {
    const has = position >= this.#start && position + length <= this.#start + this.#piece.length;
    if (has) return { start: this.#start, piece: this.#piece };
    const buffer = new Uint8Array(AHEAD_BYTES); // a new one: another read may still copy from the last
    const { bytesRead } = await this.#file.read(buffer, 0, AHEAD_BYTES, position);
    const piece = buffer.subarray(0, bytesRead);
    [this.#start, this.#piece] = [position, piece];
    return { start: position, piece };
  }
}
