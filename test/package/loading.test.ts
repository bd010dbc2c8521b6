import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** Prints the scripts and the modules of Node that a program has after `import 'denseam'` and had not before. */
const program = `
  import { Session } from 'node:inspector';
  const session = new Session();
  session.connect();
  const scripts = [];
  session.on('Debugger.scriptParsed', ({ params }) => scripts.push(params.url));
  session.post('Debugger.enable');
  const before = new Set([...scripts, ...process.moduleLoadList]);
  await import('denseam');
  const news = [...scripts, ...process.moduleLoadList].filter((name) => !before.has(name));
  console.log(JSON.stringify(news));`;

it('loads no package but that of random numbers, no command, and of Node nothing for files or networks alone', () => {
  const options = ['--input-type=module', '--eval', program];
  const loaded: string[] = JSON.parse(execFileSync(process.execPath, options, { cwd: root, encoding: 'utf8' }));
  expect(loaded.filter((name) => name.endsWith('dist/index.js'))).toHaveLength(1);
  // The entry, the library, its errors and the file that finds the addon: every file more makes the start slower.
  expect(loaded.filter((name) => name.includes('/dist/')).length).toBeLessThanOrEqual(4);
  const packages = loaded.flatMap((name) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? []);
  expect([...new Set(packages)]).toEqual(['pure-rand']);
  expect(loaded.filter((name) => name.includes('dist/cli/'))).toEqual([]);
  for (const name of ['child_process', 'cluster', 'crypto', 'http', 'https', 'net', 'readline', 'tls']) {
    expect(loaded).not.toContain(`NativeModule ${name}`);
  }
});
