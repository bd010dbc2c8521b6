import type { CallOptions } from '../core/types.ts';
import { type NativeHandle, native, type ProgressCallback, type Task } from '../native/addon.ts';
import { runTask } from '../native/calls.ts';
import { Kept } from '../native/closing.ts';
import { Changes } from './changes.ts';

/** The items of a memory, a native handle that each successful change replaces. */
export class ItemStore<Handle extends NativeHandle> {
  readonly #kept: Kept<Handle>;
  readonly #bytesOf: (items: Handle) => number;
  readonly #changes = new Changes();

  /** `bytesOf` gives the bytes that items take. */
  constructor(owner: object, empty: Handle, bytesOf: (items: Handle) => number) {
    this.#kept = new Kept(owner, empty, (items) => native.release(items));
    this.#bytesOf = bytesOf;
  }

  /** @throws DenseamError ERR_CLOSED. */
  get items(): Handle {
    return this.#kept.value;
  }

  /**
   * Whether the next change will have to wait. Its input must then be copied, to keep the values of the moment of the
   * call.
   */
  get isChanging(): boolean {
    return this.#changes.pending;
  }

  /** Reads from the present items, whatever happens to the memory meanwhile. */
  async reading<T>(read: (items: Handle) => Promise<T>): Promise<T> {
    const items = native.share(this.items);
    try {
      return await read(items);
    } finally {
      native.release(items);
    }
  }

  /** Runs a change after all earlier ones; it is made whole or not at all. */
  change(stage: (staged: Staged<Handle>) => Promise<void>): Promise<void> {
    return this.#changes.run(async () => {
      const before = this.items;
      const staged = new Staged(this, this.#bytesOf);
      try {
        await stage(staged);
        native.succeed(this.items, staged.items, this.#bytesOf(staged.items));
        this.#kept.replace(staged.items);
      } catch (error) {
        if (staged.items !== before) native.release(staged.items);
        throw error;
      }
    });
  }

  /** Frees the items; closing again does nothing. */
  close(): void {
    this.#kept.close();
  }
}

/** State of a change in progress. */
export class Staged<Handle extends NativeHandle> {
  readonly #store: ItemStore<Handle>;
  readonly #bytesOf: (items: Handle) => number;
  readonly #before: Handle;
  readonly #bytesBefore: number;
  #items: Handle;

  constructor(store: ItemStore<Handle>, bytesOf: (items: Handle) => number) {
    this.#store = store;
    this.#bytesOf = bytesOf;
    this.#before = store.items;
    this.#bytesBefore = bytesOf(this.#before);
    this.#items = this.#before;
  }

  get items(): Handle {
    return this.#items;
  }

  /** Replaces the staged items by those that a task makes of them. A memory that was closed meanwhile refuses. */
  async apply(
    task: (items: Handle, onProgress: ProgressCallback) => Task<Handle>,
    options: CallOptions = {},
  ): Promise<void> {
    const before = this.#items;
    const after = await runTask((report) => this.#store.items && task(before, report), options);
    // The items before the change stay until it has succeeded. Blocks shared with them are counted once.
    if (before !== this.#before) native.succeed(before, after, Math.max(0, this.#bytesOf(after) - this.#bytesBefore));
    this.#items = after;
  }
}

/** Waits until a memory is filled and returns it. A memory that could not be filled is freed. */
export async function filled<Memory extends { close(): void }>(
  memory: Memory,
  filling: Promise<void>,
): Promise<Memory> {
  try {
    await filling;
    return memory;
  } catch (error) {
    memory.close();
    throw error;
  }
}
