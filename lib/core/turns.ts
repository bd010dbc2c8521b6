import { setImmediate } from 'node:timers/promises';

/** Work in steps of well under a millisecond, which end in a result. */
export type Steps<T> = Generator<void, T, undefined>;

/** Time that steps run before other events get their turn. */
const turnMilliseconds = 1;

/**
 * Runs the steps on the event loop with turns for other events in between, and obeys the signal. `afterTurn` is called
 * each time.
 */
export async function inTurns<T>(steps: Steps<T>, signal: AbortSignal | undefined, afterTurn = () => {}): Promise<T> {
  signal?.throwIfAborted();
  let began = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() - began < turnMilliseconds) continue;
    afterTurn();
    await setImmediate();
    signal?.throwIfAborted();
    began = performance.now();
  }
}

/** Runs all steps at once. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
