import { Presets, SingleBar } from 'cli-progress';

/** Progress of long work: the share done, in [0, 1], and the present activity. */
export interface StageProgress {
  readonly share: number;
  readonly doing: string;
}

/** Shows progress until stopped. */
export interface ProgressDisplay {
  update(progress: StageProgress): void;
  stop(): void;
}

/** Share of the work between two lines of progress without a terminal. */
const lineEvery = 0.1;

/** Time before the first estimate of the remaining time: earlier ones would jump about. */
const secondsBeforeEstimate = 2;

/** A bar on a terminal, plain lines anywhere else. */
export function showProgress(stream: NodeJS.WriteStream): ProgressDisplay {
  return stream.isTTY ? progressBar(stream) : progressLines(stream);
}

/** "about 3 min left", from the time and the share of the work so far. */
function remainingTime(share: number, seconds: number): string | undefined {
  if (share <= 0 || share >= 1 || seconds < secondsBeforeEstimate) return undefined;
  const left = (seconds * (1 - share)) / share;
  if (left < 90) return `about ${Math.ceil(left)} s left`;
  return left < 90 * 60 ? `about ${Math.round(left / 60)} min left` : `about ${(left / 3600).toFixed(1)} h left`;
}

function progressBar(stream: NodeJS.WriteStream): ProgressDisplay {
  const format = '{bar} {percentage} % | {left} | {doing}';
  const bar = new SingleBar(
    { format, stream, barsize: 24, hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  );
  const start = performance.now();
  bar.start(1, 0, { doing: '', left: '0 s' });
  return {
    update: ({ share, doing }) => {
      const seconds = (performance.now() - start) / 1000;
      bar.update(share, { doing, left: remainingTime(share, seconds) ?? `${Math.floor(seconds)} s` });
    },
    stop: () => bar.stop(),
  };
}

function progressLines(stream: NodeJS.WriteStream): ProgressDisplay {
  const start = performance.now();
  let next = 0;
  return {
    update: ({ share, doing }) => {
      if (share < next) return;
      const left = remainingTime(share, (performance.now() - start) / 1000);
      const percent = String(Math.round(100 * share)).padStart(3);
      stream.write(`${percent} %  ${doing}${left === undefined ? '' : ` (${left})`}\n`);
      next = (Math.floor(share / lineEvery) + 1) * lineEvery;
    },
    stop: () => {},
  };
}
