import { escapeHtml } from './html.ts';

/** A table of text, shown alike in a terminal and on a page. The first column heads its rows; the others align right. */
export interface Table {
  readonly caption: string;
  /** Headings that span several columns each; their spans add up to the number of columns. */
  readonly groups?: readonly { readonly label: string; readonly span: number }[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Spaces between columns, and between groups of columns. */
const columnGap = '  ';
const groupGap = '   ';

/** The table for a terminal, in monospaced text. */
export function textTable({ caption, groups = [], columns, rows }: Table): string {
  const spans = groups.length > 0 ? groups.map(({ span }) => span) : [columns.length];
  const starts = spans.map((_, group) => spans.slice(0, group).reduce((sum, span) => sum + span, 0));
  const widths = columns.map((_, at) => Math.max(...[columns, ...rows].map((row) => (row[at] ?? '').length)));
  for (const [group, { label, span }] of groups.entries()) {
    // A group's label may be wider than its columns; the first of them takes up the difference.
    const width = widths.slice(starts[group]!, starts[group]! + span).reduce((sum, w) => sum + w, 0);
    widths[starts[group]!]! += Math.max(0, label.length - width - columnGap.length * (span - 1));
  }
  const inGroups = (cells: readonly string[]) =>
    spans.map((span, group) => cells.slice(starts[group]!, starts[group]! + span).join(columnGap));
  const line = (row: readonly string[]) => {
    const cells = row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)));
    return inGroups(cells).join(groupGap).trimEnd();
  };
  const rules = inGroups(widths.map((width) => '-'.repeat(width)));
  const labels = groups.map(({ label }, group) => label.padEnd(rules[group]!.length));
  const heading = groups.length > 0 ? [labels.join(groupGap).trimEnd()] : [];
  return [caption, '', ...heading, line(columns), rules.join(groupGap), ...rows.map(line)].join('\n');
}

/** The table for a page; wide ones scroll within their own box. */
export function htmlTable({ caption, groups = [], columns, rows }: Table): string {
  const heading = groups.map(({ label, span }) => `<th scope="colgroup" colspan="${span}">${escapeHtml(label)}</th>`);
  const names = columns.map((name) => `<th scope="col">${escapeHtml(name)}</th>`);
  const body = rows.map(([head = '', ...cells]) => {
    const values = cells.map((cell) => `<td>${escapeHtml(cell)}</td>`);
    return `<tr><th scope="row">${escapeHtml(head)}</th>${values.join('')}</tr>`;
  });
  return `<div class="scroll" role="region" aria-label="${escapeHtml(caption)}" tabindex="0"><table class="figures">
<caption>${escapeHtml(caption)}</caption>
<thead>${heading.length > 0 ? `<tr>${heading.join('')}</tr>` : ''}<tr>${names.join('')}</tr></thead>
<tbody>${body.join('\n')}</tbody>
</table></div>`;
}
