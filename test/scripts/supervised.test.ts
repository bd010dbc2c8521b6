import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { supervise } from '../../scripts/stress/supervised.ts';

// Trials that find nothing prove nothing unless faults, crashes and hangs would show.

const folder = mkdtempSync(join(tmpdir(), 'denseam-supervised-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A program that does this in each unit. */
function program(units: number, each: string) {
  const path = join(folder, `program${units}.mjs`);
  writeFileSync(
    path,
    `import { writeSync } from 'node:fs';
    const [seed, first, end] = process.argv.slice(2).map(Number);
    const tell = (line) => writeSync(1, JSON.stringify(line) + '\\n');
    for (let unit = first; unit < end; unit++) {
      tell({ begins: unit });
      const found = { counts: { tries: 2 }, peaks: { size: unit }, faults: [] };
      ${each}
      tell(found);
    }`,
  );
  return { path, nodeOptions: [], units, patience: 3 };
}

const settings = (signal = new AbortController().signal) => ({ short: true, seed: 7, signal, say: () => {} });

it('sums up what the units find, and goes on behind a fault, a crash and a hang', async () => {
  const { counts, faults } = await supervise(
    program(
      10,
      `if (unit === 1) found.faults.push('a fault with seed ' + seed);
      if (unit === 3) process.kill(process.pid, 'SIGSEGV');
      if (unit === 4) process.exit(0);
      if (unit === 6) process.exit(9);
      if (unit === 8) for (;;);`,
    ),
    settings(),
  );
  expect(counts).toEqual({ tries: 12, size: 9 });
  expect([...faults].sort()).toEqual([
    expect.stringMatching(/^SIGSEGV in unit 3; again: node .*program10\.mjs 7 3 4$/),
    'a fault with seed 7',
    expect.stringMatching(/^exit 0 in unit 4; /),
    expect.stringMatching(/^exit 9 in unit 6; /),
    expect.stringMatching(/^no end after 3 s in unit 8; /),
  ]);
});

it('removes the temporary files of programs that died', async () => {
  const temporary = join(folder, 'temporary');
  mkdirSync(temporary);
  const each = `const { mkdtempSync } = await import('node:fs');
    found.faults.push(mkdtempSync(process.env.TMPDIR + '/left-'));
    if (unit === 0) { tell(found); process.kill(process.pid, 'SIGKILL'); }`;
  const { faults } = await supervise({ ...program(3, each), temporary }, settings());
  expect(faults.filter((fault) => fault.startsWith(join(temporary, 'denseam-stress-')))).toHaveLength(3);
  expect(readdirSync(temporary)).toEqual([]);
});

it('keeps what was counted when it is stopped', async () => {
  const stop = new AbortController();
  const running = supervise(program(200, 'if (unit % 100 === 1) for (;;);'), settings(stop.signal));
  setTimeout(() => stop.abort(), 1500);
  expect(await running).toEqual({ counts: { tries: 4, size: 100 }, faults: [] });
});
