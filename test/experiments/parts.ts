import { expect } from 'vitest';
import type { PartStore } from '../../experiments/core/experiment.ts';

/** Keeps parts as files would: as JSON texts. */
export class MemoryParts implements PartStore {
  readonly texts = new Map<string, string>();
  /** Names of the parts that had to be computed, as often as they had to be. */
  readonly computed: string[] = [];

  get names(): string[] {
    return [...this.texts.keys()];
  }

  part<T>(name: string, compute: () => Promise<T>): Promise<T> {
    expect(name).toMatch(/^[a-zA-Z0-9-]+$/);
    return this.keep(name, compute);
  }

  sharedPart<T>(name: string, choices: object, compute: () => Promise<T>): Promise<T> {
    expect(name).toMatch(/^[a-zA-Z0-9-]+$/);
    return this.keep(`${name} ${JSON.stringify(choices)}`, compute);
  }

  private async keep<T>(name: string, compute: () => Promise<T>): Promise<T> {
    let text = this.texts.get(name);
    if (text === undefined) {
      this.computed.push(name);
      text = JSON.stringify(await compute());
      this.texts.set(name, text);
    }
    return JSON.parse(text) as T;
  }
}
