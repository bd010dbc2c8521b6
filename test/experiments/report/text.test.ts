import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell } from '../../../experiments/core/experiment.ts';
import { csvText } from '../../../experiments/report/csv.ts';
import { scriptText } from '../../../experiments/report/html.ts';
import { jsonText } from '../../../experiments/report/json.ts';
import { check } from '../../support/check.ts';

const table = (rows: Cell[][]) => ({
  name: 't',
  title: 't',
  columns: [
    { name: 'a', title: 'A' },
    { name: 'b, c', title: 'B' },
  ],
  rows,
});

/** A reader of RFC 4180, written from its grammar; null for a field with nothing, not even quotes. */
function parseCsv(text: string): (string | null)[][] {
  const records: (string | null)[][] = [];
  let record: (string | null)[] = [];
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    record.push(quoted !== undefined ? quoted.replaceAll('""', '"') : plain === '' ? null : plain);
    if (end === ',') continue;
    records.push(record);
    record = [];
  }
  return records;
}

describe('comma-separated values', () => {
  it('quote what needs it', () => {
    const rows: Cell[][] = [
      [0.1 + 0.2, 'plain'],
      [-1e-300, 'a "b"'],
      [null, 'x,y'],
      [1, 'two\nlines'],
      ['', 'a\rb'],
    ];
    expect(csvText(table(rows))).toBe(
      'a,"b, c"\r\n0.30000000000000004,plain\r\n-1e-300,"a ""b"""\r\n,"x,y"\r\n1,"two\nlines"\r\n"","a\rb"\r\n',
    );
  });

  it('read back as what they were', async () => {
    const cell = fc.oneof(fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', ' ') }), fc.constant(null));
    await check(fc.array(fc.tuple(cell, cell)), 100, (rows) => {
      expect(parseCsv(csvText(table(rows))).slice(1)).toEqual(rows);
    });
  });
});

describe('JSON', () => {
  it('has a line for each field and one for a list of plain values', () => {
    const value = { a: 1, b: [1, 'x', null], c: { d: [[1, 2], [3]], e: [], f: {} }, g: undefined };
    expect(jsonText(value)).toBe(
      '{\n  "a": 1,\n  "b": [1,"x",null],\n  "c": {\n    "d": [\n      [1,2],\n      [3]\n    ],\n    "e": [],\n    "f": {}\n  }\n}',
    );
  });

  it('reads back as what it was', async () => {
    await check(fc.jsonValue(), 100, (value) => {
      expect(JSON.parse(jsonText(value))).toEqual(JSON.parse(JSON.stringify(value)));
    });
  });
});

it('a script keeps its meaning and ends no element early', () => {
  const code = `['</script>', '</SCRIPT>', '<!--', /<\\/script>/.source, 1 <2].join(' ')`;
  const text = scriptText(code);
  expect(text).not.toMatch(/<\/script|<!--/i);
  expect(runInNewContext(text)).toBe(runInNewContext(code));
});
