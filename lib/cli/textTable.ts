import { greatest } from '../core/statistics.ts';

/** A table of text, shown alike in a terminal and on a page. The first column heads its rows. */
export interface Table {
  readonly caption: string;
  /** Headings that span several columns each; their spans add up to the number of columns. */
  readonly groups?: readonly { readonly label: string; readonly span: number }[];
  readonly columns: readonly string[];
  /** Which columns hold words and align left, as the first always does; the others align right. */
  readonly words?: readonly boolean[];
  readonly rows: readonly (readonly string[])[];
}

/** Between groups of columns; the columns of a group stand closer, so that the widest table fits 80 characters. */
const groupGap = '   ';

/** The table for a terminal, in monospaced text. */
export function textTable({ caption, groups = [], columns, words = [], rows }: Table): string {
  const spans = groups.length > 0 ? groups.map(({ span }) => span) : [columns.length];
  const columnGap = groups.length > 0 ? ' ' : '  ';
  const labels = spans.map((_, group) => groups[group]?.label ?? '');
  const lines = [columns, ...rows];
  const widths = inGroups(columns, spans).map((cells, group) => {
    const first = spans.slice(0, group).reduce((sum, span) => sum + span, 0);
    const needed = cells.map((_, at) => greatest(lines.map((line) => line[first + at]?.length ?? 0)));
    // A group's label may be wider than its columns; the first of them takes up the difference.
    const [width = 0, ...others] = needed;
    const total = needed.reduce((sum, each) => sum + each, columnGap.length * others.length);
    return [width + Math.max(0, (labels[group]?.length ?? 0) - total), ...others];
  });
  const joined = (cells: readonly (readonly string[])[]) =>
    cells
      .map((group) => group.join(columnGap))
      .join(groupGap)
      .trimEnd();
  const line = (cells: readonly string[]) =>
    joined(
      inGroups(cells, spans).map((group, g) =>
        group.map((cell, at) => {
          const width = widths[g]?.[at] ?? 0;
          const column = spans.slice(0, g).reduce((sum, span) => sum + span, at);
          return column === 0 || words[column] ? cell.padEnd(width) : cell.padStart(width);
        }),
      ),
    );
  const rules = widths.map((group) => group.map((width) => '-'.repeat(width)));
  const headings = labels.map((label, group) => [label.padEnd(rules[group]?.join(columnGap).length ?? 0)]);
  const top = groups.length > 0 ? [joined(headings)] : [];
  return [caption, '', ...top, line(columns), joined(rules), ...rows.map(line)].join('\n');
}

/** The cells of a row, group by group. */
function inGroups<T>(cells: readonly T[], spans: readonly number[]): T[][] {
  const rest = [...cells];
  return spans.map((span) => rest.splice(0, span));
}
