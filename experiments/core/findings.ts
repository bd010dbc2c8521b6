/** Verdicts of the findings of all experiments. */
import type { Finding } from './experiment.ts';

/** Verdict of a criterion, with a reason `why` it may not hold. */
export function findingVerdict(holds: boolean, why: string): Pick<Finding, 'verdict' | 'why'> {
  return holds ? { verdict: 'reproduced' } : { verdict: 'not reproduced', why };
}

/** The finding itself if the run is comparable with the paper; else an undetermined one, with the reason `why`. */
export function comparedIf(isComparable: boolean, why: string, finding: Finding): Finding {
  if (finding.verdict === 'not published' || isComparable) return finding;
  return { ...finding, verdict: 'undetermined', why };
}
