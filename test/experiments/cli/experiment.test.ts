import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { experiments } from '../../../experiments/registry.ts';
import { commandLine } from '../../cli/support.ts';

const { folder, denseam, interrupt } = commandLine();
const id = 'pointcloud-recovery';

/** The file of the only finished part of a run. */
function partFile(out: string): string {
  const parts = join(folder, out, id, 'parts');
  const [settings = ''] = readdirSync(parts);
  return join(parts, settings, 'recovery.json');
}

describe('denseam experiment', () => {
  it('lists every experiment of the registry, for people and for machines', () => {
    const text = denseam('experiment', 'list');
    const json = denseam('experiment', 'list', '--json');
    expect([text.status, json.status]).toEqual([0, 0]);
    for (const { title, source } of experiments) expect(text.stdout).toContain(`${title} (${source})`);
    expect(JSON.parse(json.stdout).map((each: { id: string }) => each.id)).toEqual(experiments.map((each) => each.id));
  });

  it('runs one, prints what it found and writes it', () => {
    const { status, stdout, stderr } = denseam('experiment', 'run', id, '--quick', '--out', 'once');
    expect(status).toBe(0);
    expect(stdout).toContain('Divergence to the own item after recall');
    expect(stdout).toContain('published: robust recovery');
    expect(stdout).toContain(join('once', id));
    expect(stderr).toContain(`${id}: storing and perturbing`);
    expect(JSON.parse(readFileSync(join(folder, 'once', id, 'result.json'), 'utf8')).settings.count).toBe(8);
  });

  it('prints one JSON document, in which the seed is the one that was asked for', () => {
    const run = (...more: string[]) => {
      const { status, stdout } = denseam('experiment', 'run', id, '--quick', '--json', '--out', 'seeds', ...more);
      expect(status).toBe(0);
      return JSON.parse(stdout)[0];
    };
    const [first, second] = [run(), run('--seed', '9')];
    expect([first.settings.seed, second.settings.seed]).toEqual([1, 9]);
    expect(second.tables).not.toEqual(first.tables);
    expect(readdirSync(join(folder, 'seeds', id, 'parts'))).toHaveLength(2);
    // With another number of threads nothing changes.
    expect(run('--threads', '1', '--out', 'threads').tables).toEqual(first.tables);
  });

  it('runs with other settings, and says so in the command that repeats it', () => {
    const args = [
      'experiment',
      'run',
      id,
      '--quick',
      '--json',
      '--out',
      'set',
      '--set',
      'count=5',
      '--set',
      'maxIterations=20',
    ];
    const { status, stdout } = denseam(...args);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)[0].settings).toMatchObject({ count: 5, maxIterations: 20, seed: 1 });
    const { command } = JSON.parse(readFileSync(join(folder, 'set', id, 'run.json'), 'utf8'));
    expect(command).toBe(`denseam experiment run ${id} --quick --seed 1 --set count=5 --set maxIterations=20`);
  });

  it('stops at Ctrl-C, says how to go on, and ends with the same numbers', async () => {
    const args = ['experiment', 'run', id, '--quick', '--json'];
    const stopped = await interrupt([...args, '--out', 'stopped'], 'both');
    expect(stopped.status).toBe(130);
    expect(stopped.stdout).toBe('');
    expect(stopped.stderr).toContain('the same command goes on from there');
    expect(stopped.stderr.trimEnd().endsWith('Stopped.')).toBe(true);
    expect(existsSync(join(folder, 'stopped', id, 'result.json'))).toBe(false);
    const tables = (out: string) => JSON.parse(denseam(...args, '--out', out).stdout)[0].tables;
    expect(tables('stopped')).toEqual(tables('whole'));
  });

  it('keeps the parts that were finished at Ctrl-C, and computes only the others when it goes on', async () => {
    const args = ['experiment', 'run', 'gaussian-dynamics', '--quick', '--json'];
    const stopped = await interrupt([...args, '--out', 'half'], 'general, d = 20');
    expect(stopped.status).toBe(130);
    const [parts] = readdirSync(join(folder, 'half', 'gaussian-dynamics', 'parts'), { withFileTypes: true });
    const kept = join(parts?.parentPath ?? '', parts?.name ?? '');
    const times = () => new Map(readdirSync(kept).map((name) => [name, statSync(join(kept, name)).mtimeMs]));
    const before = times();
    expect(before.size).toBeGreaterThanOrEqual(8);
    expect(before.size).toBeLessThan(12);
    const tables = (out: string) => JSON.parse(denseam(...args, '--out', out).stdout)[0].tables;
    expect(tables('half')).toEqual(tables('unbroken'));
    const after = times();
    expect(after.size).toBe(12);
    for (const [name, time] of before) expect(after.get(name)).toBe(time);
  });

  it('takes finished parts as they are, and refuses a damaged one', () => {
    const args = ['experiment', 'run', id, '--quick', '--json', '--out', 'parts'] as const;
    denseam(...args);
    const part = JSON.parse(readFileSync(partFile('parts'), 'utf8'));
    // A number that no run gives: who shows it has read it.
    part.rows[0].medianDivergence = 12345;
    writeFileSync(partFile('parts'), JSON.stringify(part));
    expect(JSON.parse(denseam(...args).stdout)[0].tables[0].rows[0][1]).toBe(12345);

    writeFileSync(partFile('parts'), '{"rows":');
    const { status, stderr } = denseam(...args);
    expect(status).toBe(1);
    expect(stderr).toContain('recovery.json": it is no JSON; remove it to compute this part again (ERR_CORRUPT_FILE)');
    rmSync(partFile('parts'));
    expect(denseam(...args).status).toBe(0);
  });

  it('goes on with the others when one fails, and says which in the end', () => {
    const args = ['experiment', 'run', id, 'gaussian-planar', '--quick', '--json', '--out', 'several'] as const;
    denseam(...args);
    writeFileSync(partFile('several'), '{"rows":');
    const { status, stdout, stderr } = denseam(...args);
    expect(status).toBe(1);
    expect(JSON.parse(stdout).map((each: { id: string }) => each.id)).toEqual(['gaussian-planar']);
    expect(stderr).toContain(`${id} failed: File "`);
    expect(stderr).toContain('it is no JSON');
    expect(stderr.trimEnd().endsWith(`Error: 1 of 2 experiments failed: ${id}`)).toBe(true);
  });

  it('refuses a setting that one of them does not have before any runs', () => {
    const args = ['experiment', 'run', id, 'gaussian-planar', '--quick', '--out', 'none', '--set', 'planes=3'] as const;
    const { status, stderr } = denseam(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(`a setting of ${id}`);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });

  it.each([
    [[], `Expected the id of an experiment (`],
    [['nothing'], 'There is no experiment "nothing", only'],
    [[id, '--all'], 'Expected ids or --all but received both'],
    [[id, '--set', 'nothing=1'], 'Expected <name>=<value> of a setting of pointcloud-recovery (count, '],
    [[id, '--set', 'count'], 'but received "count"'],
    [[id, '--set', 'count=many'], 'Expected a number for pointcloud-recovery: count but received "many"'],
    [[id, '--set', 'seed=0.5'], 'Expected an integer of 0 or more for pointcloud-recovery: seed but received 0.5'],
    [[id, '--seed', '-1'], "option '--seed <n>' argument '-1' is invalid. Expected an integer of 0 or more."],
  ])('refuses %o as a mistake of the command line', (args, message) => {
    const { status, stdout, stderr } = denseam('experiment', 'run', ...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^Error: /);
    expect(stderr).toContain('--help lists the options');
  });

  it('calls what the library refuses by the name of the setting', () => {
    const { status, stderr } = denseam('experiment', 'run', id, '--quick', '--out', 'refused', '--set', 'points=0');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Error: Expected .* settings\.points.* but received 0/m);
    expect(stderr).not.toContain('--points');
  });

  it('has a place of its own for quick runs', () => {
    denseam('experiment', 'run', id, '--quick', '--set', 'count=3', '--set', 'maxIterations=5');
    expect(existsSync(join(folder, 'out', 'experiments-quick', id, 'index.html'))).toBe(true);
    expect(existsSync(join(folder, 'out', 'experiments'))).toBe(false);
  });

  it('says what is wrong with the folder for results', () => {
    writeFileSync(join(folder, 'file'), '');
    const { status, stderr } = denseam('experiment', 'run', id, '--quick', '--out', 'file');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Error: .*ENOTDIR/m);
  });
});
