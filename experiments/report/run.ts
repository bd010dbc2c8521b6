import { escapeHtml } from './html.ts';
import { htmlDefinitions } from './page.ts';

/** Record of a computation. */
export interface Run {
  /** The command that repeats it. */
  readonly command: string;
  /** Versions of the software. */
  readonly software: string;
  readonly threads: number;
  /** Seconds from start to report. */
  readonly seconds: number;
}

/** The run and its command. */
export function htmlRun({ command, software, threads, seconds }: Run): string {
  return `${htmlDefinitions([
    ['software', software],
    ['threads', String(threads)],
    ['time', `${seconds.toFixed(1)} s`],
  ])}
<p>To repeat it:</p>
<pre><code>${escapeHtml(command)}</code></pre>`;
}
