import { DenseamError, type ErrorCode } from 'denseam';
import type { ExperimentResult, ResultChart, ResultPictures, ResultTable } from '../core/experiment.ts';
import { numberFormat } from './numberFormat.ts';

function refuse(code: ErrorCode, expected: string, where: string, received: unknown): never {
  throw new DenseamError(code, `Expected ${expected} for ${where} but received ${String(received)}`);
}

/**
 * Checks a result for files and pages: unique names that can be file names, rows as long as their heading, numbers that
 * JSON can hold, charts with an existing table, pictures that fill their size.
 *
 * @throws DenseamError ERR_RANGE, ERR_SHAPE, ERR_NOT_FINITE: the experiment is at fault, not its settings.
 */
export function checkResult({ tables, charts, pictures }: ExperimentResult): void {
  checkNames('tables', tables);
  checkNames('charts', charts);
  checkNames('pictures', pictures);
  for (const table of tables) checkTable(table);
  for (const chart of charts) checkChart(chart, tables);
  for (const each of pictures) checkPictures(each);
}

/** Checks names without regard to case, which some file systems ignore. */
function checkNames(what: string, named: readonly { readonly name: string }[]): void {
  const names = named.map(({ name }) => name.toLowerCase());
  for (const [at, name] of names.entries()) {
    if (!/^[a-z0-9][\w.-]*$/.test(name)) {
      refuse('ERR_RANGE', 'letters, digits, dashes, dots and underscores', `${what}[${at}].name`, `"${name}"`);
    }
    if (names.indexOf(name) < at) refuse('ERR_RANGE', 'a name of its own', `${what}[${at}].name`, `"${name}" again`);
  }
}

function checkTable({ name, columns, rows }: ResultTable): void {
  for (const { name: column, format } of columns) {
    try {
      numberFormat(format);
    } catch {
      refuse('ERR_RANGE', "a d3 format, or none, for the column's numbers", `${name}.${column}.format`, `"${format}"`);
    }
  }
  for (const [at, row] of rows.entries()) {
    if (row.length !== columns.length) {
      refuse('ERR_SHAPE', `${columns.length} cells`, `row ${at} of table ${name}`, row.length);
    }
    const bad = row.findIndex((cell) => typeof cell === 'number' && !Number.isFinite(cell));
    if (bad >= 0) {
      refuse(
        'ERR_NOT_FINITE',
        'a finite number or null',
        `${columns[bad]?.name} in row ${at} of table ${name}`,
        row[bad],
      );
    }
  }
}

function checkChart({ name, table }: ResultChart, tables: readonly ResultTable[]): void {
  if (tables.some((each) => each.name === table)) return;
  refuse(
    'ERR_RANGE',
    `one of ${tables.map((each) => each.name).join(', ')}`,
    `the table of chart ${name}`,
    `"${table}"`,
  );
}

function checkPictures({ name, width, height, columns, images }: ResultPictures): void {
  for (const [property, value] of Object.entries({ width, height, columns })) {
    if (!(Number.isSafeInteger(value) && value > 0))
      refuse('ERR_RANGE', 'a positive integer', `${name}.${property}`, value);
  }
  for (const [at, { pixels, mask = pixels }] of images.entries()) {
    for (const { length } of [pixels, mask]) {
      if (length !== width * height) refuse('ERR_SHAPE', `${width * height} pixels`, `image ${at} of ${name}`, length);
    }
    const bad = pixels.findIndex((value) => !(value >= 0 && value <= 255));
    if (bad >= 0) refuse('ERR_RANGE', 'a value from 0 to 255', `pixel ${bad} of image ${at} of ${name}`, pixels[bad]);
  }
}
