import type { Table } from 'denseam/cli';
import { escapeHtml } from './html.ts';

/** The table for a page; wide ones scroll within their own box. */
export function htmlTable({ caption, groups = [], columns, words = [], rows }: Table): string {
  const starts = groups.map((_, group) => groups.slice(0, group).reduce((sum, { span }) => sum + span, 0));
  const looks = (at: number) => {
    const names = [...(starts.includes(at) ? ['first'] : []), ...(words[at] ? ['words'] : [])];
    return names.length > 0 ? ` class="${names.join(' ')}"` : '';
  };
  const heading = groups.map(
    ({ label, span }) => `<th scope="colgroup" colspan="${span}" class="first">${escapeHtml(label)}</th>`,
  );
  const names = columns.map((name, at) => `<th scope="col"${looks(at)}>${escapeHtml(name)}</th>`);
  const body = rows.map(([head = '', ...cells]) => {
    const values = cells.map((cell, at) => `<td${looks(at + 1)}>${escapeHtml(cell)}</td>`);
    return `<tr><th scope="row">${escapeHtml(head)}</th>${values.join('')}</tr>`;
  });
  return `<div class="scroll" role="region" aria-label="${escapeHtml(caption)}" tabindex="0"><table class="figures">
<caption>${escapeHtml(caption)}</caption>
<thead>${heading.length > 0 ? `<tr>${heading.join('')}</tr>` : ''}<tr>${names.join('')}</tr></thead>
<tbody>${body.join('\n')}</tbody>
</table></div>`;
}
