import { setImmediate, setTimeout } from 'node:timers/promises';
import { Random } from '../../../lib/index.ts';
import { native } from '../../../lib/native/addon.ts';
import type { Found } from '../supervised.ts';
import { Own as OwnReasons, odd, oneOf, type Source } from './odd.ts';
import { checksum, faultOfError, faultOfResult, wordFor } from './results.ts';
import { anyMemory, type Call, functionCall, type Own, verbCall } from './world.ts';

const steps = 50;
const mostMemories = 4;
/** A call is aborted after so long, for its arguments may ask for very much; it must then end soon. */
const deadline = 300;
const grace = 20_000;

/** Changes, which a failed call must leave undone. */
const change = /\.(add|remove)$/;
/** What passes numbers on that it was given, or may overflow: formulas, and distances to items that are far away. */
const mayBeInfinite = new RegExp(
  [
    /^(toFloats|gaussiansFrom|duplicate|(un)?flattenClouds|Random\.shuffle)$/,
    /^(separation|separationBound|capacity|capacityExponent|iterationsToAccuracy|errorExponent|oneStepErrorBound)$/,
    /\.(energy|distances)$/,
  ]
    .map(({ source }) => source)
    .join('|'),
);
/** It does at once what it is asked to do, which takes gigabytes and minutes for the greatest count. */
const takesAsLongAsAsked = 'Random.sample';
const mostAsked = 1e6;
/** Paths in the working folder alone. */
const takesText = /^(path|checkpoint|source)$/;

type Ending = { readonly value: unknown } | { readonly error: unknown };

/** One sequence of calls on memories of its own. */
export class Sequence {
  readonly #random: Random;
  readonly #memories: Own[] = [];
  readonly #counts: Record<string, number> = {};
  readonly #faults: string[] = [];
  readonly #folder: string;
  readonly #anything: readonly unknown[];
  readonly #where: string;
  /** Calls that callbacks made. */
  readonly #reentered: unknown[] = [];

  constructor(seed: number, unit: number, folder: string, anything: readonly unknown[]) {
    this.#random = new Random((BigInt(seed) << 32n) + BigInt(unit));
    this.#folder = folder;
    this.#anything = anything;
    this.#where = `seed ${seed} unit ${unit}`;
  }

  async run(): Promise<Found> {
    const before = native.keptMemory();
    const strays = (error: unknown) => this.#fault('a stray error', String((error as Error)?.stack ?? error));
    process.on('unhandledRejection', strays);
    process.on('uncaughtException', strays);
    try {
      this.#memories.push(await anyMemory(this.#random));
      for (let step = 0; step < steps; ) step += await this.#step(step);
      for (const { memory } of this.#memories) memory.close();
      await this.#checkKept(before);
    } finally {
      process.off('unhandledRejection', strays);
      process.off('uncaughtException', strays);
    }
    const { maxRSS } = process.resourceUsage();
    const peaks = { 'MiB at most': Math.round(maxRSS / 1024) };
    return { counts: this.#counts, peaks, faults: this.#faults };
  }

  /** One call, or several at once; returns how many. */
  async #step(step: number): Promise<number> {
    const random = this.#random;
    await Promise.all(this.#reentered.splice(0)); // sizes decide what is drawn, too
    if (random.integer(25) === 0) globalThis.gc?.();
    if (this.#memories.length < mostMemories && random.integer(15) === 0) this.#memories.push(await anyMemory(random));
    const own = oneOf(random, this.#memories);
    if (random.integer(200) === 0) own.memory.close(); // calls after it are refused
    if (random.integer(8) > 0) {
      await this.#one(step, own, true);
      return 1;
    }
    const together = 2 + random.integer(4);
    await Promise.all(Array.from({ length: together }, (_, i) => this.#one(step + i, own, false)));
    return together;
  }

  async #one(step: number, own: Own, isAlone: boolean): Promise<void> {
    // Of its own: when callbacks draw from it, once the arguments are there, must not decide what the next calls are.
    const random = this.#random.fork();
    const call = random.integer(4) > 0 ? verbCall(own, random, this.#folder) : functionCall(random, this.#folder);
    const mine = new OwnReasons();
    let others = false; // changes that the call's own callbacks make
    const reenter = () => {
      others = true;
      this.#reenter(own, random);
    };
    const source: Source = { random, anything: this.#anything, reenter, own: mine };
    const { values, controller } = this.#arguments(call, source, mine);
    const watched = isAlone && change.test(call.what);
    const before = watched ? await stateOf(own) : undefined;
    const ending = await this.#ending(call, values, mine, controller);
    this.#count(call, ending, mine);
    const where = `${call.what} (step ${step})`;
    if ('error' in ending) {
      const fault = mine.has(ending.error) ? undefined : faultOfError(ending.error);
      if (fault) this.#fault(where, fault);
      if (watched && !others && (await stateOf(own)) !== before)
        this.#fault(where, 'a failed change changed the memory');
    } else {
      const fault = mayBeInfinite.test(call.what) ? undefined : faultOfResult(ending.value);
      if (fault) this.#fault(where, fault);
      closeResult(ending.value);
    }
  }

  /** Right arguments, or with one or two parts of them odd. */
  #arguments(call: Call, source: Source, mine: OwnReasons): { values: unknown[]; controller: AbortController } {
    const { random } = source;
    const controller = new AbortController();
    mine.signals.push(controller.signal);
    const { options } = call.values;
    const values: Record<string, unknown> = {
      ...call.values,
      ...(typeof options === 'object' &&
        'signal' in (options ?? {}) && { options: { ...options, signal: controller.signal } }),
    };
    const names = Object.keys(values).filter((name) => name !== 'memory' || random.integer(10) === 0);
    for (let changes = oneOf(random, [0, 1, 1, 1, 2]); changes > 0 && names.length > 0; changes--) {
      const name = oneOf(random, names);
      const changed = odd(values[name], source);
      if (!(takesText.test(name) && typeof changed === 'string')) values[name] = changed;
      else values[name] = oneOf(random, ['', '/', 'a/', 'a\0b', 'x'.repeat(5000), '.', 'none/x', 'file:x']);
    }
    const capped = (value: unknown) => (typeof value === 'number' ? Math.min(value, mostAsked) : value);
    const given = Object.values(values);
    return { values: call.what === takesAsLongAsAsked ? given.map(capped) : given, controller };
  }

  async #ending(call: Call, values: unknown[], mine: OwnReasons, controller: AbortController): Promise<Ending> {
    const timer = globalThis.setTimeout(() => controller.abort(mine.error()), deadline);
    const hung = new AbortController();
    try {
      const running = Promise.resolve(call.run(...values));
      for (const change of mine.later) attempt(change);
      const end = setTimeout(deadline + grace, undefined, { signal: hung.signal }).then(
        () => ({ error: new Error(`no end after ${(deadline + grace) / 1000} s`) }),
        () => ({ value: undefined }),
      );
      return await Promise.race([running.then((value) => ({ value })), end]);
    } catch (error) {
      return { error };
    } finally {
      clearTimeout(timer);
      hung.abort();
    }
  }

  /** What a getter or callback does that calls back: a read, or rarely a change or the end of the memory. */
  #reenter({ memory, items }: Own, random: Random): void {
    const open = memory as { get?: (i: number[]) => Promise<unknown>; add?: (items: unknown) => Promise<unknown> };
    const settled = (call: Promise<unknown> | undefined) => this.#reentered.push(call?.catch(() => {}));
    settled(open.get?.([0]));
    if (random.integer(10) === 0) settled(open.add?.(items(1, random)));
    if (random.integer(50) === 0) memory.close();
  }

  #count(call: Call, ending: Ending, mine: OwnReasons): void {
    const outcome = 'value' in ending ? 'resolved' : mine.has(ending.error) ? 'own reasons' : wordFor(ending.error);
    for (const what of ['calls', `calls of ${call.what}`, `ended: ${outcome}`]) {
      this.#counts[what] = (this.#counts[what] ?? 0) + 1;
    }
  }

  /** All native memory must be free once the sequence's own is. */
  async #checkKept(before: number): Promise<void> {
    for (let tries = 0; tries < 20 && native.keptMemory() > before; tries++) {
      globalThis.gc?.();
      await setImmediate();
      if (tries > 5) await setTimeout(10);
    }
    const left = native.keptMemory() - before;
    if (left > 0) this.#fault('the end', `${left} bytes of native memory are left`);
  }

  #fault(where: string, what: string): void {
    this.#faults.push(`${this.#where}, ${where}: ${what}`);
  }
}

/** What a memory holds, in words that differ when it does. */
async function stateOf({ memory }: Own): Promise<string> {
  try {
    const { size, get } = memory as unknown as { size: number; get: (indices: number[]) => Promise<unknown> };
    return `${size} ${checksum(await get.call(memory, [...Array(size).keys()]))}`;
  } catch (error) {
    return String(error);
  }
}

/** Runs what a caller does to its own arguments meanwhile. */
function attempt(change: () => void): void {
  try {
    change();
  } catch {
    // It cannot be done to this value.
  }
}

function closeResult(value: unknown): void {
  const { close } = (value ?? {}) as { close?: unknown };
  if (typeof close === 'function') close.call(value);
}
