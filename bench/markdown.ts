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

/** Prose in lines of at most `width` characters, those after the first indented. */
export function wrapped(text: string, indent = '', width = 118): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) as string;
    if (line.trim() !== '' && line.length + 1 + word.length > width) lines.push(`${indent}${word}`);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}
