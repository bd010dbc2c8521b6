/**
 * The changes of one memory: each begins when those that were asked for earlier have ended, whether they failed or not.
 */
export class Changes {
  /** The change that was asked for last, while it or an earlier one runs. */
  #last: Promise<unknown> | undefined;

  /**
   * Whether the next change will have to wait: what it needs must be copied, so that it is as it was when it was asked
   * for.
   */
  get pending(): boolean {
    return this.#last !== undefined;
  }

  /** Runs a change, at once if none is pending. */
  async run(change: () => Promise<void>): Promise<void> {
    const running = this.#last ? this.#last.then(change) : change();
    const settled = running
      .catch(() => {})
      .then(() => {
        if (this.#last === settled) this.#last = undefined;
      });
    this.#last = settled;
    await running;
  }
}
