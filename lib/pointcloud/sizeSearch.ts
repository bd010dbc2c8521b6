/** Relative error at which a divergence counts as reached. */
const accuracy = 1e-6;

/** Maximum number of evaluations. A smooth divergence takes about seven; beyond this limit rounding hides it. */
const greatestEvaluations = 80;

/**
 * A size and the relative difference of the root of its divergence from that of the target: 0 there, -1 at divergence
 * 0.
 */
interface End {
  readonly size: number;
  readonly miss: number;
}

/**
 * Search for the size of a perturbation at a target divergence. The size grows until the target is passed; then false
 * position (the Illinois variant) closes in on the root of the divergence, which is nearly linear in the size.
 */
export class SizeSearch {
  /** The next size to try, or the result. */
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

  /** Continues the search with the divergence at `size`. False if the target is out of reach, or lost in rounding. */
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

  /** Halves the weight of an end that stays twice in a row, so that the other end comes near, too (Illinois). */
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

/** The next greater size: a tenth beyond the target's size by linear extrapolation of the root, within limits. */
function grown({ size, miss }: End): number {
  return size * Math.min(8, Math.max(1.5, 1.1 / (1 + miss)));
}

/** The zero of the line through both ends, or the middle where rounding puts it on an end. */
function between(low: End, high: End): number {
  const size = (low.size * high.miss - high.size * low.miss) / (high.miss - low.miss);
  return size > low.size && size < high.size ? size : (low.size + high.size) / 2;
}
