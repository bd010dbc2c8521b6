import { markdownTable } from '../../bench/markdown.ts';

/** The error of every answer, by name. */
export type Errors = Readonly<Record<string, number>>;

/** Solves a problem with many digits and says how far the answers in it are from that. */
export type Judge = (problem: object) => Promise<Errors>;

/** The greatest errors: a row a quantity, a column a kind of problems. */
export class ErrorTable {
  readonly #columns: string[] = [];
  readonly #rows = new Map<string, Map<string, number>>();

  add(column: string, errors: Errors): void {
    if (!this.#columns.includes(column)) this.#columns.push(column);
    for (const [name, error] of Object.entries(errors)) {
      const row = this.#rows.get(name) ?? new Map<string, number>();
      row.set(column, Math.max(row.get(column) ?? 0, error));
      this.#rows.set(name, row);
    }
  }

  markdown(): string {
    const cell = (error: number | undefined) => (error === undefined ? '' : error === 0 ? '0' : error.toExponential(1));
    const rows = [...this.#rows].map(([name, row]) => [name, ...this.#columns.map((column) => cell(row.get(column)))]);
    return markdownTable(['', ...this.#columns], rows, ['']);
  }
}
