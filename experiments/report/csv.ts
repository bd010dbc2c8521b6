import type { Cell, ResultTable } from '../core/experiment.ts';

/** A field: empty for a missing value, quotes for an empty text. Numbers keep all their digits. */
function field(cell: Cell): string {
  if (cell === null) return '';
  const text = String(cell);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The table as comma-separated values (RFC 4180), headed by the columns' names. */
export function csvText({ columns, rows }: ResultTable): string {
  const lines = [columns.map(({ name }) => name), ...rows];
  return lines.map((cells) => `${cells.map(field).join(',')}\r\n`).join('');
}
