/** A table whose columns line up in the source too: those with a `wordy` heading to the left, numbers to the right. */
export function markdownTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  wordy: readonly string[],
): string {
  const widths = columns.map((heading, at) => Math.max(3, heading.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const isWordy = columns.map((heading) => wordy.includes(heading));
  const aligned = (text: string, at: number) =>
    isWordy[at] ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0);
  const cells = (row: readonly string[]) => `| ${row.map(aligned).join(' | ')} |`;
  const rule = widths.map((width, at) => (isWordy[at] ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [cells(columns), `| ${rule.join(' | ')} |`, ...rows.map(cells)].join('\n');
}
