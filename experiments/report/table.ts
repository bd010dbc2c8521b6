import type { Table } from 'denseam/cli';
import { escapeHtml } from './html.ts';

/** The table for a page; wide ones scroll within their own box. */
export function htmlTable({ caption, columns, words = [], rows }: Table): string {
  const look = (at: number) => (words[at] ? ' class="words"' : '');
  const names = columns.map((name, at) => `<th scope="col"${look(at)}>${escapeHtml(name)}</th>`);
  const body = rows.map(([head = '', ...cells]) => {
    const values = cells.map((cell, at) => `<td${look(at + 1)}>${escapeHtml(cell)}</td>`);
    return `<tr><th scope="row">${escapeHtml(head)}</th>${values.join('')}</tr>`;
  });
  return `<div class="scroll" role="region" aria-label="${escapeHtml(caption)}" tabindex="0"><table class="figures">
<caption>${escapeHtml(caption)}</caption>
<thead><tr>${names.join('')}</tr></thead>
<tbody>${body.join('\n')}</tbody>
</table></div>`;
}
