import { greatest } from '../core/statistics.ts';

/** A table of text for a terminal or a page. The first column heads its rows. */
export interface Table {
  readonly caption: string;
  readonly columns: readonly string[];
  /** Flags of the columns of words, which align left, as the first always does; the others align right. */
  readonly words?: readonly boolean[];
  readonly rows: readonly (readonly string[])[];
}

/** The table for a terminal, in monospaced text. */
export function textTable({ caption, columns, words = [], rows }: Table): string {
  const widths = columns.map((name, at) =>
    greatest([name, ...rows.map((row) => row[at] ?? '')].map(({ length }) => length)),
  );
  const line = (cells: readonly string[]) =>
    widths
      .map((width, at) => (at === 0 || words[at] ? (cells[at] ?? '').padEnd(width) : (cells[at] ?? '').padStart(width)))
      .join('  ')
      .trimEnd();
  const rules = widths.map((width) => '-'.repeat(width));
  return [caption, '', line(columns), line(rules), ...rows.map(line)].join('\n');
}
