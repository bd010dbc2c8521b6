import { describe, expect, it } from 'vitest';
import { htmlTable } from '../../../experiments/report/table.ts';
import { type Table, textTable } from '../../../lib/cli/textTable.ts';

const table: Table = {
  caption: 'Fruit <b>',
  columns: ['kind', 'a', 'bb', 'c'],
  rows: [
    ['apples', '1', '22', '333'],
    ['figs', '', '', '4'],
  ],
};

describe('tables', () => {
  it('line up in a terminal', () => {
    expect(textTable(table)).toBe(
      ['Fruit <b>', '', 'kind    a  bb    c', '------  -  --  ---', 'apples  1  22  333', 'figs             4'].join(
        '\n',
      ),
    );
  });

  it('align words left, in a terminal and on a page', () => {
    const words = { ...table, words: [true, false, true, false], rows: [['figs', '1', '2', '4']] };
    expect(textTable(words).split('\n').at(-1)).toBe('figs  1  2   4');
    expect(htmlTable(words)).toContain('<td>1</td><td class="words">2</td><td>4</td>');
  });

  it('are tables to a page: caption, scopes, escaped text', () => {
    const html = htmlTable(table);
    expect(html).toContain('<caption>Fruit &lt;b&gt;</caption>');
    expect(html).toContain('<th scope="row">figs</th><td></td><td></td><td>4</td>');
    expect(html.match(/scope="col"/g)).toHaveLength(4);
  });
});
