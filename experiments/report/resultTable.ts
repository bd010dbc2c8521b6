import type { Table } from 'denseam/cli';
import type { Cell, ResultTable } from '../core/experiment.ts';
import { numberFormat } from './numberFormat.ts';

/** Text of an empty cell. */
const nothing = '–';

/** The table for readers: titles for names, numbers in the format of their column. */
export function readableTable({ title, columns, rows }: ResultTable): Table {
  const formats = columns.map(({ format }) => numberFormat(format));
  const shown = (cell: Cell, at: number) => {
    if (cell === null) return nothing;
    return typeof cell === 'number' ? (formats[at]?.(cell) ?? '') : cell;
  };
  return {
    caption: title,
    columns: columns.map(({ title }) => title),
    words: columns.map((_, at) => rows.some((row) => typeof row[at] === 'string')),
    rows: rows.map((row) => row.map(shown)),
  };
}

/** The rows of a table for charts: a field for every column. */
export function tableRecords({ columns, rows }: Pick<ResultTable, 'columns' | 'rows'>): Record<string, Cell>[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, at) => [name, row[at] ?? null])));
}
