/** The command line's options as they follow from the specification of a verb. */
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { addTableOptions, checkGiven, givenOptions } from '../../lib/cli/tableOptions.ts';
import { aBoolean, described, oneOf, optional, required, specify } from '../../lib/core/options.ts';
import { positive } from '../../lib/core/validate.ts';

interface Shared {
  readonly stepSize: number;
  readonly quiet?: boolean | undefined;
}

interface Clouds extends Shared {
  readonly order?: 'rows' | 'columns' | undefined;
  readonly gated?: boolean | undefined;
  readonly rounds?: number | undefined;
}

const shared = specify<Shared>()({
  stepSize: described(required(positive), 'number', 'how far'),
  quiet: optional(aBoolean),
});
const clouds = specify<Clouds>()({
  ...shared,
  order: described(optional(oneOf('rows', 'columns')), { oneOf: ['rows', 'columns'] }, 'the first'),
  gated: described(optional(aBoolean, true), 'flag', 'at once'),
  rounds: described(optional(positive, 3), { integerFrom: 1 }, 'how often'),
});
const tables = { Gaussians: shared, 'point clouds': clouds };

/** What commander makes of these words. */
function parsed(...words: string[]): object {
  const command = addTableOptions(new Command('step').exitOverride().configureOutput({ writeErr: () => {} }), tables);
  return command.parse(words, { from: 'user' }).opts();
}

it('--help lists what is described, with whose it is and its default', () => {
  const help = addTableOptions(new Command('step'), tables).helpInformation();
  expect(help).toContain('--step-size <n>  how far\n');
  expect(help).toContain('--rounds <n>     of point clouds: how often (default: 3)\n');
  expect(help).toContain('--ungated        of point clouds: at once\n');
  expect(help).toContain('--order <word>   of point clouds: the first (choices: "rows", "columns")\n');
  expect(help).not.toContain('quiet');
});

it('options are read as the verb takes them, those that are given', () => {
  expect(givenOptions(clouds, parsed('--step-size', '0.5', '--rounds', '2'))).toEqual({ stepSize: 0.5, rounds: 2 });
  expect(givenOptions(clouds, parsed('--step-size', '1', '--ungated'))).toEqual({ stepSize: 1, gated: false });
  expect(givenOptions(clouds, parsed('--step-size', '1', '--order', 'rows'))).toEqual({ stepSize: 1, order: 'rows' });
  expect(() => parsed('--step-size', '1', '--order', 'x')).toThrow('Allowed choices are rows, columns');
  expect(() => parsed('--step-size', '1', '--rounds', '0')).toThrow('an integer of 1 or more');
  expect(() => parsed('--rounds', '1')).toThrow("'--step-size <n>' not specified");
});

it('options of others are refused, and those that are needed asked for', () => {
  const values = parsed('--step-size', '1', '--rounds', '2');
  expect(() => checkGiven('point clouds', tables, values, 'received it')).not.toThrow();
  const message = 'Expected --rounds only for point clouds but received it';
  expect(() => checkGiven('Gaussians', tables, values, 'received it')).toThrow(message);
  expect(() => checkGiven('Gaussians', tables, {}, '')).toThrow('Expected --step-size for Gaussians');
});
