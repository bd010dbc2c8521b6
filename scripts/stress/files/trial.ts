import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DenseamError, type Random } from '../../../lib/index.ts';
import { checksum } from '../calls/results.ts';
import type { Found } from '../supervised.ts';
import { damaged } from './damage.ts';
import { type Kind, kinds } from './kinds.ts';

/** For files of at most some kilobytes, on a busy machine. */
const mostMilliseconds = 5000;
/** What one such file may add to the greatest memory of the process: pieces of a megabyte, and the collector's delay. */
const mostMebibytes = 64;

const codes = /^ERR_(CORRUPT_FILE|UNSUPPORTED|RANGE|SHAPE|NOT_FINITE|NOT_POSITIVE_DEFINITE)$/;

/** Damages files of every kind and reads them: by accident, and with their checksums made right again. */
export class FileTrial {
  readonly #random: Random;
  readonly #folder: string;
  readonly #counts: Record<string, number> = {};
  readonly #faults: string[] = [];
  #slowest = 0;

  constructor(random: Random, folder: string) {
    this.#random = random;
    this.#folder = folder;
  }

  async run(count: number): Promise<Found> {
    for (let i = 0; i < count; i++) await this.#one(kinds[this.#random.integer(kinds.length)] as Kind);
    const { maxRSS } = process.resourceUsage();
    const peaks = { 'MiB at most': Math.round(maxRSS / 1024), 'ms at most': Math.round(this.#slowest) };
    return { counts: this.#counts, peaks, faults: this.#faults };
  }

  async #one(kind: Kind): Promise<void> {
    const isForged = this.#random.integer(2) === 0;
    const bytes = isForged ? this.#forged(kind) : damaged(kind.seal(kind.parts), this.#other(), this.#random);
    const path = join(this.#folder, kind.name.replaceAll('/', '-'));
    writeFileSync(path, bytes);
    const before = process.resourceUsage().maxRSS;
    const start = performance.now();
    const outcome: unknown = await kind.read(path).catch((error: unknown) => error);
    const milliseconds = performance.now() - start;
    this.#slowest = Math.max(this.#slowest, milliseconds);
    const mebibytes = (process.resourceUsage().maxRSS - before) / 1024;
    const fault =
      (milliseconds > mostMilliseconds ? `it took ${milliseconds.toFixed(0)} ms` : undefined) ??
      (mebibytes > mostMebibytes ? `memory blow-up: it took ${mebibytes.toFixed(0)} MiB` : undefined) ??
      (await this.#faultOf(kind, path, outcome, isForged));
    if (fault) this.#faults.push(`${kind.name}: ${fault}; the file: ${Buffer.from(bytes).toString('base64')}`);
    this.#count(kind, outcome, isForged);
  }

  #forged(kind: Kind): Uint8Array {
    const changed = this.#random.integer(kind.parts.length);
    return kind.seal(kind.parts.map((part, i) => (i === changed ? damaged(part, this.#other(), this.#random) : part)));
  }

  #other(): Uint8Array {
    const { parts } = kinds[this.#random.integer(kinds.length)] as Kind;
    return parts[this.#random.integer(parts.length)] as Uint8Array;
  }

  async #faultOf(kind: Kind, path: string, outcome: unknown, isForged: boolean): Promise<string | undefined> {
    if (outcome instanceof DenseamError) {
      if (!codes.test(outcome.code)) return `${outcome.code}: ${outcome.message}`;
      const isNamed = outcome.message.includes(path) || outcome.message.startsWith('Training diverged');
      return isNamed ? undefined : `an error that does not name the file: ${outcome.message}`;
    }
    if (outcome instanceof Error) return `no error of denseam: ${outcome.stack?.split('\n').slice(0, 3).join(' | ')}`;
    if (isForged || !kind.isChecked) return undefined;
    return checksum(outcome) === (await this.#right(kind)) ? undefined : 'it was read, with other numbers';
  }

  /** The checksum of what the undamaged file holds. */
  async #right(kind: Kind): Promise<number> {
    const path = join(this.#folder, kind.name.replaceAll('/', '-'));
    writeFileSync(path, kind.seal(kind.parts));
    return checksum(await kind.read(path));
  }

  #count({ name }: Kind, outcome: unknown, isForged: boolean): void {
    const code = outcome instanceof DenseamError ? outcome.code : 'read';
    const sort = name.includes('/') ? name.slice(name.indexOf('/') + 1) : name;
    for (const what of ['files', `files of ${sort}`, `ended: ${code}`, isForged ? 'forged' : 'damaged']) {
      this.#counts[what] = (this.#counts[what] ?? 0) + 1;
    }
  }
}
