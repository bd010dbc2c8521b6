import type { Outcome, Settings } from '../part.ts';
import { driverOf, runSanitized, type Sanitizer } from './sanitizers.ts';

/** A fault of scripts/stress/native/faults.cc, and what its report must be called. */
export interface Control {
  readonly fault: string;
  readonly sanitizer: Sanitizer;
  readonly kind: string;
  /** Whether the driver without Node commits it, not the addon. */
  readonly byDriver?: boolean;
}

const program = "require('./build/Release/denseam.node').fault(process.argv[1])";

/** Commits faults on purpose: a sanitizer that does not report one would not report others, either. */
export async function runControls(controls: readonly Control[], settings: Settings): Promise<Outcome> {
  const faults: string[] = [];
  for (const { fault, sanitizer, kind, byDriver = false } of controls) {
    const command = byDriver ? [driverOf(sanitizer), '--fault', fault] : [process.execPath, '--eval', program, fault];
    const { reports, output } = await runSanitized(sanitizer, 'control', command, { ...settings, say: () => {} });
    const seen = reports.map((report) => report.kind);
    if (settings.signal.aborted) break;
    if (!seen.includes(kind))
      faults.push(`control: ${fault} was reported as ${seen.join(', ') || `nothing: ${output}`}`);
  }
  return { counts: { 'deliberate faults reported': controls.length - faults.length }, faults };
}
