import { setTimeout } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { setReclaim } from '../core/availableMemory.ts';
import { DenseamError } from '../core/errors.ts';
import { native } from './addon.ts';

/** What is open: to be freed when memory is short and its owner is gone, however late the collector says so. */
const open = new Set<Closeable>();

const collected = new FinalizationRegistry<Closeable>((kept) => kept.close());

type Closeable = Pick<Kept<unknown>, 'isOwned' | 'close'>;

/**
 * Something native that belongs to a memory or model. It is freed when the owner is closed, or when nobody holds the
 * owner any more. Calls that work on it keep it alive until they end.
 */
export class Kept<T> {
  readonly #owner: WeakRef<object>;
  readonly #free: (value: T) => void;
  #value: T | undefined;

  /** `free` must not hold the owner. */
  constructor(owner: object, value: T, free: (value: T) => void) {
    this.#owner = new WeakRef(owner);
    this.#value = value;
    this.#free = free;
    open.add(this);
    collected.register(owner, this, this);
  }

  get isOpen(): boolean {
    return this.#value !== undefined;
  }

  /** @throws DenseamError ERR_CLOSED. */
  get value(): T {
    if (this.#value === undefined) {
      throw new DenseamError('ERR_CLOSED', 'Expected a memory or model that is open but it was closed');
    }
    return this.#value;
  }

  /** Puts another in its place and frees the old one. */
  replace(value: T): void {
    const old = this.value;
    this.#value = value;
    this.#free(old);
  }

  /** Frees it; closing again does nothing. */
  close(): void {
    if (this.#value === undefined) return;
    const value = this.#value;
    this.#value = undefined;
    open.delete(this);
    collected.unregister(this);
    this.#free(value);
  }

  get isOwned(): boolean {
    return this.#owner.deref() !== undefined;
  }
}

// Below this, memory that nobody holds may wait for the collector's own time.
const worthCollecting = 32 * 2 ** 20;

// V8 begins to collect when this much more native memory is kept than at its last collection.
const collectionStep = 64 * 2 ** 20;

/**
 * Has the collector find at once what nobody holds: more than the whole heap may take seems to be kept. A collection
 * waits until the memory of the one before it is freed, so a second one follows.
 */
export function pressCollector(): void {
  const { heap_size_limit: limit } = getHeapStatistics();
  for (let i = 0; i < 2; i++) native.press(limit);
}

// A collection runs beside the event loop, in steps of a few milliseconds; in a large heap it is not waited for to its
// end.
const pollMilliseconds = 5;
const mostPolls = 40;

const sentinels = new FinalizationRegistry<() => void>((seen) => seen());

/**
 * Before so many bytes are stored: waits a little for memories that nobody holds any more to be found and freed, so
 * that a process that loads one after the other does not hold three. Does nothing where nothing is to be gained.
 */
export async function collectBefore(bytes: number): Promise<void> {
  if (bytes < worthCollecting || native.keptMemory() < worthCollecting) return;
  let isCollected = false;
  // A collection that has begun already spares what was reachable then, and this object too: only the next one takes
  // it.
  sentinels.register({}, () => {
    isCollected = true;
  });
  for (let poll = 0; poll < mostPolls && !isCollected; poll++) {
    native.press(collectionStep);
    await setTimeout(pollMilliseconds);
  }
  closeUnowned();
}

/** Frees what belongs to nobody any more. Only a collection of garbage shows what does. */
export function closeUnowned(): void {
  for (const kept of open) {
    if (!kept.isOwned) kept.close();
  }
}

setReclaim(() => {
  pressCollector();
  closeUnowned();
  native.giveBackFreeMemory();
});
