import { createRequire } from 'node:module';
import type { PartStore } from '../../lib/experiments/experiment.ts';

const require = createRequire(import.meta.url);

/** Whether a package that an experiment can use, but does not need, is there. */
export function isInstalled(name: string): boolean {
  try {
    require.resolve(`${name}/package.json`);
    return true;
  } catch {
    return false;
  }
}

/** Keeps parts as a file would: as JSON. */
export class MemoryParts implements PartStore {
  private readonly parts = new Map<string, string>();

  get names(): string[] {
    return [...this.parts.keys()];
  }

  async part<T>(name: string, compute: () => Promise<T>): Promise<T> {
    const kept = this.parts.get(name) ?? JSON.stringify(await compute());
    this.parts.set(name, kept);
    return JSON.parse(kept) as T;
  }
}
