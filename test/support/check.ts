import fc from 'fast-check';
import { getCurrentTest } from 'vitest/suite';

declare module 'vitest' {
  interface TaskMeta {
    /** Random cases of a test, for the figures in docs/reliability.md. */
    cases?: number;
  }
}

/**
 * Every run of the suite sees the same cases. Set DENSEAM_TEST_SEED to look at others, DENSEAM_TEST_RUNS to multiply
 * their number for a long search.
 */
const { DENSEAM_TEST_SEED = '20260722', DENSEAM_TEST_RUNS = '1' } = process.env;
const seed = Number(DENSEAM_TEST_SEED);
const factor = Number(DENSEAM_TEST_RUNS);

/** Asserts a property over random cases, which fast-check shrinks and prints when one fails. */
export async function check<Case>(
  cases: fc.Arbitrary<Case>,
  runs: number,
  property: (value: Case) => void | Promise<void>,
): Promise<void> {
  const predicate = async (value: Case): Promise<void> => {
    await property(value);
  };
  const numRuns = Math.ceil(runs * factor);
  const meta = getCurrentTest()?.meta;
  if (meta) meta.cases = (meta.cases ?? 0) + numRuns;
  // Shrinking recomputes the slow reference; a minute of it finds a small case or is not worth waiting for.
  const options = { seed, numRuns, skipAllAfterTimeLimit: 60_000 };
  await fc.assert(fc.asyncProperty(cases, predicate), options);
}
