import { UsageError } from 'denseam/cli';
import type { ExperimentSettings } from '../core/experiment.ts';

type Value = number | string | boolean | readonly Value[];

/** The settings with those changed that are given as `name=value`. */
export function withChanges<Settings extends ExperimentSettings>(
  id: string,
  settings: Settings,
  changes: readonly string[],
): Settings {
  const values = new Map<string, unknown>(Object.entries(settings));
  for (const change of changes) {
    const [name = '', ...rest] = change.split('=');
    if (rest.length === 0 || !values.has(name)) {
      const known = [...values.keys()].join(', ');
      throw new UsageError(`Expected <name>=<value> of a setting of ${id} (${known}) but received "${change}"`);
    }
    values.set(name, readValue(`${id}: ${name}`, rest.join('='), values.get(name) as Value));
  }
  return Object.fromEntries(values) as unknown as Settings;
}

/** A value of the kind that the setting has: a number, a text, true or false, or a list of them with commas between. */
function readValue(name: string, text: string, now: Value): Value {
  const refuse = (expected: string) => new UsageError(`Expected ${expected} for ${name} but received "${text}"`);
  if (typeof now === 'string') return text;
  if (typeof now === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true';
    throw refuse('true or false');
  }
  if (typeof now === 'number') {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isFinite(value)) return value;
    throw refuse('a number');
  }
  const [first] = now;
  if (Array.isArray(now) && first !== undefined && typeof first !== 'object') {
    return text.split(',').map((each) => readValue(name, each, first));
  }
  throw refuse('nothing (it cannot be set here)');
}
