/** A trial of `npm run stress`: it tries the same things whenever it runs with the same seed. */
export interface Part {
  readonly name: string;
  /** In one line, what it tries. */
  readonly what: string;
  run(settings: Settings): Promise<Outcome>;
}

export interface Settings {
  /** All parts together take five minutes; otherwise as long as the full counts take. */
  readonly short: boolean;
  readonly seed: number;
  /** Aborts on Ctrl-C: the part ends soon, with what it has counted by then, and ends its own processes. */
  readonly signal: AbortSignal;
  /** Prints a line of progress; a part that takes minutes says something every ten seconds or so. */
  readonly say: (line: string) => void;
}

export interface Outcome {
  /** What was tried and how often, in plain words: `{ kills: 1000, 'saves acknowledged': 5213 }`. */
  readonly counts: Readonly<Record<string, number>>;
  /** One line each, with what repeats it; none: passed. */
  readonly faults: readonly string[];
  /** What this machine does not allow, with the reason: it was not tried, so it has not passed. */
  readonly notRun?: readonly string[];
}

/** A part's last run: what it tried and found, on what. */
export interface Result extends Outcome {
  readonly part: string;
  readonly seconds: number;
  readonly seed: number;
  readonly short: boolean;
  readonly interrupted: boolean;
  readonly denseam: string;
  readonly node: string;
  readonly platform: string;
}
