import type { CallOptions } from '../core/types.ts';
import { type NativeHandle, native, type ProgressCallback, type Task } from '../native/addon.ts';
import { runTask } from '../native/calls.ts';
import { Kept } from '../native/closing.ts';
import { Changes } from './changes.ts';

/** The items of a memory, a native handle. A change replaces all of them at once, when it has succeeded. */
export class ItemStore<Handle extends NativeHandle> {
  readonly #kept: Kept<Handle>;
  readonly #bytesOf: (items: Handle) => number;
  readonly #changes = new Changes();

  /** `bytesOf`: the memory that items take. */
  constructor(owner: object, empty: Handle, bytesOf: (items: Handle) => number) {
    this.#kept = new Kept(owner, empty, (items) => native.release(items));
    this.#bytesOf = bytesOf;
  }

  /** @throws DenseamError ERR_CLOSED. */
  get items(): Handle {
    return this.#kept.value;
  }

  /** Whether the next change will have to wait: what it needs must be copied, so that it is as it was when it was asked for. */
  get isChanging(): boolean {
    return this.#changes.pending;
  }

  /** Reads from the items as they are now, whatever happens to the memory meanwhile. */
  async reading<T>(read: (items: Handle) => Promise<T>): Promise<T> {
    const items = native.share(this.items);
    try {
      return await read(items);
    } finally {
      native.release(items);
    }
  }

  /** Runs a change after those that were asked for earlier; makes all of it or nothing. */
  change(stage: (staged: Staged<Handle>) => Promise<void>): Promise<void> {
    return this.#changes.run(async () => {
      const staged = new Staged(this, this.#bytesOf);
      try {
        await stage(staged);
        const { items: before } = this;
        native.succeed(before, staged.items, this.#bytesOf(staged.items));
        this.#kept.replace(staged.items);
      } catch (error) {
        native.release(staged.items);
        throw error;
      }
    });
  }

  /** Frees the items; closing again does nothing. */
  close(): void {
    this.#kept.close();
  }
}

/** What a change has come to. */
export class Staged<Handle extends NativeHandle> {
  readonly #store: ItemStore<Handle>;
  readonly #bytesOf: (items: Handle) => number;
  readonly #bytesBefore: number;
  #items: Handle;

  constructor(store: ItemStore<Handle>, bytesOf: (items: Handle) => number) {
    this.#store = store;
    this.#bytesOf = bytesOf;
    this.#bytesBefore = bytesOf(store.items);
    this.#items = native.share(store.items);
  }

  get items(): Handle {
    return this.#items;
  }

  /** Goes on with the items that a task makes of these. */
  async apply(
    task: (items: Handle, onProgress: ProgressCallback) => Task<Handle>,
    options: CallOptions = {},
  ): Promise<void> {
    const before = this.#store.items && this.#items;
    const after = await runTask((report) => task(before, report), options);
    // Blocks that both have are counted once.
    native.succeed(before, after, Math.max(0, this.#bytesOf(after) - this.#bytesBefore));
    this.#items = after;
  }
}
