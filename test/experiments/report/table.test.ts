import { describe, expect, it } from 'vitest';
import { htmlTable } from '../../../experiments/report/table.ts';
import { type Table, textTable } from '../../../lib/cli/textTable.ts';

const table: Table = {
  caption: 'Fruit <b>',
  groups: [
    { label: '', span: 1 },
    { label: 'north', span: 2 },
    { label: 'the far south', span: 1 },
  ],
  columns: ['kind', 'a', 'bb', 'c'],
  rows: [
    ['apples', '1', '22', '333'],
    ['figs', '', '', '4'],
  ],
};

describe('tables', () => {
  it('line up in a terminal', () => {
    expect(textTable(table)).toBe(
      [
        'Fruit <b>',
        '',
        '         north   the far south',
        'kind      a bb               c',
        '------   -- --   -------------',
        'apples    1 22             333',
        'figs                         4',
      ].join('\n'),
    );
  });

  it('need no groups', () => {
    const { groups: _, ...plain } = table;
    expect(textTable(plain).split('\n').slice(2, 4)).toEqual(['kind    a  bb    c', '------  -  --  ---']);
  });

  it('align words left, in a terminal and on a page', () => {
    const words = { ...table, words: [true, false, true, false], rows: [['figs', '1', '2', '4']] };
    expect(textTable(words).split('\n').at(-1)).toBe('figs    1 2                4');
    expect(htmlTable(words)).toContain('<td class="first">1</td><td class="words">2</td><td class="first">4</td>');
  });

  it('are tables to a page: caption, scopes, escaped text', () => {
    const html = htmlTable(table);
    expect(html).toContain('<caption>Fruit &lt;b&gt;</caption>');
    expect(html).toContain('<th scope="colgroup" colspan="2" class="first">north</th>');
    expect(html).toContain('<th scope="row">figs</th><td class="first"></td><td></td><td class="first">4</td>');
    expect(html.match(/scope="col"/g)).toHaveLength(4);
  });
});
