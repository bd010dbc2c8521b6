import { Presets, SingleBar } from 'cli-progress';
import type { ExperimentProgress } from '../experiments/stages.ts';

/** Shows an experiment's progress until stopped. */
export interface ProgressDisplay {
  update(progress: ExperimentProgress): void;
  stop(): void;
}

/** Without a terminal a line is written every time another such share of the work is done. */
const lineEvery = 0.1;

/** A bar on a terminal, plain lines anywhere else. */
export function showProgress(stream: NodeJS.WriteStream): ProgressDisplay {
  return stream.isTTY ? progressBar(stream) : progressLines(stream);
}

function progressBar(stream: NodeJS.WriteStream): ProgressDisplay {
  const format = '{bar} {percentage} % | {duration_formatted} | {doing}';
  const bar = new SingleBar(
    { format, stream, barsize: 24, hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  );
  bar.start(1, 0, { doing: '' });
  return {
    update: ({ share, doing }) => bar.update(share, { doing }),
    stop: () => bar.stop(),
  };
}

function progressLines(stream: NodeJS.WriteStream): ProgressDisplay {
  let next = 0;
  return {
    update: ({ share, doing }) => {
      if (share < next) return;
      stream.write(`${String(Math.round(100 * share)).padStart(3)} %  ${doing}\n`);
      next = (Math.floor(share / lineEvery) + 1) * lineEvery;
    },
    stop: () => {},
  };
}
