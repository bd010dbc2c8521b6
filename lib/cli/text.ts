import { textTable } from './textTable.ts';

/** Rows that a terminal shows; files and JSON hold all. */
const mostRows = 20;

/** A table of numbers and words, its first rows. */
export function columnsText(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly (number | string)[])[],
): string {
  const shown = rows
    .slice(0, mostRows)
    .map((row) => row.map((cell) => (typeof cell === 'number' ? short(cell) : cell)));
  const table = textTable({ caption, columns, rows: shown });
  const more = rows.length - shown.length;
  return more > 0 ? `${table}\n... and ${more} more: --out or --json gives all` : table;
}

/** Names and values, one a line. */
export function pairsText(pairs: object): string {
  const entries = Object.entries(pairs);
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

/** A word of a command line, in quotes where a shell would split it. */
export function shellWord(text: string): string {
  return /^[\w./=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A number as text: six digits, unless it is an integer. */
function short(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}
