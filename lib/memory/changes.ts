/** Queue of the changes of one memory: each begins when all earlier ones have ended, failed or not. */
export class Changes {
  /** The last requested change, while it or an earlier one runs. */
  #last: Promise<unknown> | undefined;

  /**
   * Whether the next change will have to wait. Its input must then be copied, to keep the values of the moment of the
   * call.
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
