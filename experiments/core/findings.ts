/** Verdicts, as the findings of every experiment come to them. */
import type { Finding } from './experiment.ts';

/** What a criterion says; `why` it may not hold. */
export function findingVerdict(holds: boolean, why: string): Pick<Finding, 'verdict' | 'why'> {
  return holds ? { verdict: 'reproduced' } : { verdict: 'not reproduced', why };
}

/** A finding as it is where what was run is like what the paper speaks of; else the run does not tell, and `why`. */
export function comparedIf(isComparable: boolean, why: string, finding: Finding): Finding {
  if (finding.verdict === 'not published' || isComparable) return finding;
  return { ...finding, verdict: 'undetermined', why };
}
