import { describe, expect, it } from 'vitest';
import { Changes } from '../../lib/memory/changes.ts';

/** A change that ends when it is told to. */
function gate() {
  let open = (): void => {};
  const opened = new Promise<void>((done) => {
    open = done;
  });
  return { open, opened };
}

describe('changes', () => {
  it('begin at once where none is pending', async () => {
    const changes = new Changes();
    let began = false;
    const running = changes.run(async () => {
      began = true;
    });
    expect([began, changes.pending]).toEqual([true, true]);
    await running;
    await Promise.resolve();
    expect(changes.pending).toBe(false);
  });

  it('run one after the other in the order they were asked for', async () => {
    const changes = new Changes();
    const log: string[] = [];
    const gates = [gate(), gate(), gate()];
    const runs = gates.map(({ opened }, i) =>
      changes.run(async () => {
        log.push(`begin ${i}`);
        await opened;
        log.push(`end ${i}`);
      }),
    );
    for (const { open } of gates.reverse()) open();
    await Promise.all(runs);
    expect(log).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1', 'begin 2', 'end 2']);
  });

  it('go on after one that failed, which alone rejects', async () => {
    const changes = new Changes();
    const failed = changes.run(() => Promise.reject(new Error('no')));
    const next = changes.run(async () => {});
    await expect(failed).rejects.toThrow('no');
    await expect(next).resolves.toBeUndefined();
  });
});
