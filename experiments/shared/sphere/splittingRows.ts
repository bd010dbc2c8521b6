/** Numbers of training and validation rows, for the counted cost and for settings that depend on them. */
import { integer, rangeError } from '../../core/check.ts';

/** The published share of rows for validation. */
export const validationShare = 0.1;

/** More rows than the data sets have, and fewer than there can be two hidden units for. */
const greatestRows = 1_000_000;
const leastRows = 4;

/** Numbers of rows by training's own split. */
export function partedRows(count: number): { readonly training: number; readonly validation: number } {
  const validation = count > 1 ? Math.max(1, Math.floor(count * validationShare)) : 0;
  return { training: count - validation, validation };
}

/** Checks the number of rows to read. */
export function checkRows(rows: number): void {
  const isCount = Number.isSafeInteger(rows) && rows >= leastRows && rows <= greatestRows;
  if (rows !== 0 && !isCount) {
    throw rangeError('settings.rows', `0, for all rows, or an integer from ${leastRows} to ${greatestRows}`, rows);
  }
}

/**
 * Checks the size of a network: at most one hidden unit for each of `rows` that it learns from; 0, where they are not
 * counted yet.
 */
export function checkUnits(name: string, units: number, least: number, greatest: number, rows: number): number {
  const most = rows === 0 ? greatest : Math.min(greatest, partedRows(rows).training);
  return integer(name, units, least, most);
}
