import { setTimeout } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { setReclaim } from '../core/availableMemory.ts';
import { DenseamError } from '../core/errors.ts';
import { native } from './addon.ts';

/** Open native objects, freed when memory is short and their owners are gone, even before the collector says so. */
const open = new Set<Closeable>();

const collected = new FinalizationRegistry<Closeable>((kept) => kept.close());

type Closeable = Pick<Kept<unknown>, 'isOwned' | 'close'>;

/**
 * A native object that belongs to a memory or model. It is freed when the owner is closed or unreachable; calls in
 * progress keep it alive until they end.
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

  /** Replaces the object and frees the old one. */
  replace(value: T): void {
    const old = this.value;
    this.#value = value;
    this.#free(old);
  }

  /** Frees the object; a second call does nothing. */
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

// Least memory worth a garbage collection of its own.
const worthCollecting = 32 * 2 ** 20;

// Growth of native memory since its last collection at which V8 begins the next one.
const collectionStep = 64 * 2 ** 20;

/**
 * Prompts a garbage collection at once: native memory seems larger than the whole heap may be. A collection waits until
 * the memory of the one before is freed, so a second one follows.
 */
function pressCollector(): void {
  const { heap_size_limit: limit } = getHeapStatistics();
  for (let i = 0; i < 2; i++) native.press(limit);
}

// Poll interval. A collection runs beside the event loop in steps of a few milliseconds; in a large heap nobody waits
// for its end.
const pollMilliseconds = 5;
const mostPolls = 40;

const sentinels = new FinalizationRegistry<() => void>((seen) => seen());

/**
 * Waits a little, before so many bytes are stored, for a collection that frees unreachable memories, so that a process
 * that loads one after the other does not hold three. Does nothing where there is little to free.
 */
export async function collectBefore(bytes: number): Promise<void> {
  if (bytes < worthCollecting || native.keptMemory() < worthCollecting) return;
  let isCollected = false;
  // A collection in progress spares objects that were reachable at its start, and this one too: the next one takes it.
  sentinels.register({}, () => {
    isCollected = true;
  });
  for (let poll = 0; poll < mostPolls && !isCollected; poll++) {
    native.press(collectionStep);
    await setTimeout(pollMilliseconds);
  }
  closeUnowned();
}

/** Frees objects without an owner, as found by the last garbage collection. */
function closeUnowned(): void {
  for (const kept of open) {
    if (!kept.isOwned) kept.close();
  }
}

setReclaim(() => {
  pressCollector();
  closeUnowned();
  native.giveBackFreeMemory();
});
