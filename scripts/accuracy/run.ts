// Measures how far denseam's results are from solutions with 50 digits, and writes the greatest errors into
// docs/accuracy.md. Beside them those of POT. Takes some minutes.
//
//   npm run accuracy

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { LineProcess } from '../../bench/lineProcess.ts';
import { ensureSystemPackages } from '../system-packages.js';
import { recallStructures, recallTable } from './recall.ts';
import { sphereTable } from './sphere.ts';
import type { Errors, Judge } from './tables.ts';
import { transportTable } from './transport.ts';

const document = 'docs/accuracy.md';
/** Debian's own, which sees Debian's packages. */
const python = '/usr/bin/python3';

ensureSystemPackages(['accuracy'], (title: string, [command = '', ...words]: string[]) => {
  console.log(title);
  const { status } = spawnSync(command, words, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${title} failed`);
});

const reference = new LineProcess(python, ['scripts/accuracy/reference.py']);
const judge: Judge = (problem) => reference.ask<Errors>(JSON.stringify(problem));
const tables: Record<string, () => Promise<string>> = {
  transport: () => transportTable(judge),
};
for (const precision of ['float64', 'float32'] as const) {
  for (const structure of recallStructures)
    tables[`${structure} ${precision}`] = () => recallTable(structure, precision, judge);
  tables[`sphere ${precision}`] = () => sphereTable(precision, judge);
}

/** `<!-- accuracy: <name> -->`, what is rewritten, `<!-- end -->`. */
const block = /(<!-- accuracy: ([\w ]+) -->\n).*?(<!-- end -->)/gs;
let text = readFileSync(document, 'utf8');
for (const [whole, begin, name = '', end] of text.matchAll(block)) {
  console.log(name);
  const table = await (tables[name] as () => Promise<string>)();
  console.log(`${table}\n`);
  text = text.replace(whole, () => `${begin}\n${table}\n\n${end}`);
}
reference.stop();
writeFileSync(document, text);
