/** Relative error of a divergence that counts as hit. */
const accuracy = 1e-6;

/** A smooth divergence takes about seven evaluations; rounding hides one that so many do not find. */
const greatestEvaluations = 80;

/**
 * A size, and how far the root of its divergence misses the root of the target: 0 there, -1 where the divergence is 0.
 */
interface End {
  readonly size: number;
  readonly miss: number;
}

/**
 * Finds the size of a perturbation at which a divergence is reached: it grows until the target is passed, then closes
 * in by false position (the Illinois variant) on the root of the divergence, which is nearly linear in the size.
 */
export class SizeSearch {
  /** The size to try next, or the one that was found. */
  size: number;
  isFound = false;
  /** The greatest divergence seen. */
  greatest = 0;
  readonly #target: number;
  readonly #greatestSize: number;
  #evaluations = 0;
  #low: End = { size: 0, miss: -1 };
  #high: End | undefined;
  #lastWasHigh: boolean | undefined;

  constructor(target: number, greatestSize: number) {
    this.#target = target;
    this.#greatestSize = greatestSize;
    this.size = Math.min(0.1, greatestSize);
  }

  /** Takes the divergence at `size` and moves on. False if the target is out of reach, or lost in rounding. */
  tell(divergence: number): boolean {
    this.greatest = Math.max(this.greatest, divergence);
    this.isFound = Math.abs(divergence / this.#target - 1) <= accuracy;
    if (this.isFound) return true;
    const miss = Math.sqrt(Math.max(0, divergence) / this.#target) - 1;
    const isOutOfReach = !this.#high && miss < 0 && this.size >= this.#greatestSize;
    if (isOutOfReach || ++this.#evaluations >= greatestEvaluations) return false;
    this.#narrow({ size: this.size, miss });
    this.size = this.#high ? between(this.#low, this.#high) : Math.min(this.#greatestSize, grown(this.#low));
    return true;
  }

  /** An end that stays twice in a row counts half: the other one then comes near from its own side, too. */
  #narrow(end: End): void {
    const isHigh = end.miss > 0;
    const stayed = isHigh === this.#lastWasHigh;
    this.#lastWasHigh = isHigh;
    if (isHigh) this.#high = end;
    else this.#low = end;
    if (stayed && isHigh) this.#low = half(this.#low);
    if (stayed && !isHigh && this.#high) this.#high = half(this.#high);
  }
}

function half({ size, miss }: End): End {
  return { size, miss: miss / 2 };
}

/**
 * A tenth beyond where the target would be if the root of the divergence were linear, in steps that are neither tiny
 * nor huge.
 */
function grown({ size, miss }: End): number {
  return size * Math.min(8, Math.max(1.5, 1.1 / (1 + miss)));
}

/** Where the line through both ends is 0; in the middle where rounding puts that on an end. */
function between(low: End, high: End): number {
  const size = (low.size * high.miss - high.size * low.miss) / (high.miss - low.miss);
  return size > low.size && size < high.size ? size : (low.size + high.size) / 2;
}
