import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program that answers each line it is given with one line of JSON and in between waits for its next turn. */
export class LineProcess {
  readonly #name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(name: string, args: readonly string[] = [], environment: NodeJS.ProcessEnv = {}) {
    this.#name = name;
    this.#child = spawn(name, args, { env: { ...process.env, ...environment } });
    // A program that ends early is noticed where its answer is missed.
    this.#child.stdin.on('error', () => {});
    this.#child.on('error', (error) => console.error(error.message));
    this.#child.stderr.pipe(process.stderr);
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  stop(): void {
    this.#child.stdin.end();
  }

  async ask<T>(command: string): Promise<T> {
    this.#child.stdin.write(`${command}\n`);
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`${this.#name} ended instead of answering "${command}"`);
    return JSON.parse(value) as T;
  }
}
