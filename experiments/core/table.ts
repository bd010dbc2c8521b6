import type { Cell, ResultTable } from './experiment.ts';

/** The fields of a record that can be cells. */
type CellField<Row> = { [Name in keyof Row & string]: Row[Name] extends Cell ? Name : never }[keyof Row & string];

interface Heading {
  /** Title for readers; the name is for files and charts. */
  readonly title: string;
  /** d3's format of the column's numbers. */
  readonly format?: string;
}

/** A column whose cells are the field of its name. */
interface FieldColumn<Row> extends Heading {
  readonly name: CellField<Row>;
  readonly value?: undefined;
}

/** A column whose cells follow from the record and its index. */
interface ValueColumn<Row> extends Heading {
  readonly name: string;
  readonly value: (row: Row, index: number) => Cell;
}

/** A column of a table of such records: its heading and its cells, declared together. */
export type Column<Row> = FieldColumn<Row> | ValueColumn<Row>;

/** Declaration of a table of records. */
export interface TableOf<Row> extends Omit<ResultTable, 'columns' | 'rows'> {
  readonly columns: readonly Column<NoInfer<Row>>[];
  readonly rows: readonly Row[];
}

/** The table with a row for every record. */
export function table<Row>(declared: TableOf<Row>): ResultTable {
  const cell = (row: Row, { name, value }: Column<Row>, index: number) =>
    value ? value(row, index) : (row[name as keyof Row] as Cell);
  // The spread keeps the order of the fields, which is that of the JSON file.
  return {
    ...declared,
    columns: declared.columns.map(({ value: _, ...column }) => column),
    rows: declared.rows.map((row, index) => declared.columns.map((column) => cell(row, column, index))),
  };
}
