import { type Command, Option } from 'commander';
import type { AnyOption, HelpKind, OptionTable, Option as TableOption } from '../core/options.ts';
import { flagOf, UsageError } from './errors.ts';
import { integer, number, numbers } from './options.ts';

// The library's options as those of a command. Name, reader, description and default follow from the specification of
// the verb, so an option that is described there is on the command line.

/** The tables of one verb, by whose they are: `Gaussians`, `point clouds`. */
export type Tables = Readonly<Record<string, OptionTable>>;

/** Options of a table, as callers may write them. */
export type Given<Table> = {
  readonly [Name in keyof Table]?: Table[Name] extends TableOption<infer Value, unknown> ? Value : never;
};

/** Adds the described options of the tables. What only some of them have says whose it is. */
export function addTableOptions(command: Command, tables: Tables): Command {
  for (const name of new Set(Object.values(tables).flatMap(describedNames))) {
    const owners = ownersOf(name, tables);
    const isEverywhere = owners.length === Object.keys(tables).length;
    const [owner] = owners as [string];
    const option = tables[owner]?.[name] as AnyOption;
    const made = commandOption(name, option, isEverywhere ? '' : `of ${owners.join(' and ')}: `);
    command.addOption(made.makeOptionMandatory(isEverywhere && option.isRequired));
  }
  return command;
}

/** Those of a table that a command line gives, with what commander made of them in `values`. */
export function givenOptions<Table extends OptionTable>(table: Table, values: object): Given<Table> {
  const given = describedNames(table).flatMap((name) => {
    const value = valueGiven(name, values);
    if (value === undefined) return [];
    return [[name, isOnByDefault(table[name] as AnyOption) ? !value : value]];
  });
  return Object.fromEntries(given) as Given<Table>;
}

/** Refuses what `owner` lacks, which would pass in silence, and the lack of what it needs. */
export function checkGiven(owner: string, tables: Tables, values: object, received: string): void {
  for (const name of new Set(Object.values(tables).flatMap(describedNames))) {
    const option = tables[owner]?.[name];
    const isGiven = valueGiven(name, values) !== undefined;
    if (isGiven && option === undefined) {
      const owners = ownersOf(name, tables).join(' and ');
      throw new UsageError(`Expected ${flagOf(name)} only for ${owners} but ${received}`);
    }
    if (!isGiven && option?.isRequired) throw new UsageError(`Expected ${flagOf(name)} for ${owner}`);
  }
}

/** Required ones first. */
function describedNames(table: OptionTable): string[] {
  const names = Object.keys(table).filter((name) => table[name]?.help !== undefined);
  return names.sort((a, b) => Number(table[b]?.isRequired) - Number(table[a]?.isRequired));
}

function ownersOf(name: string, tables: Tables): string[] {
  return Object.keys(tables).filter((owner) => tables[owner]?.[name] !== undefined);
}

function valueGiven(name: string, values: object): unknown {
  return (values as Record<string, unknown>)[new Option(flagOf(name)).attributeName()];
}

/** A flag turns such an option off. */
function isOnByDefault({ help, fallback }: AnyOption): boolean {
  return help?.kind === 'flag' && fallback === true;
}

function commandOption(name: string, option: AnyOption, whose: string): Option {
  const { kind, what, byDefault } = option.help as NonNullable<AnyOption['help']>;
  if (kind === 'flag') return new Option(flagOf(name), `${whose}${what}`);
  const words = byDefault ?? option.fallback;
  const description = `${whose}${what}${words === undefined ? '' : ` (default: ${words})`}`;
  return new Option(`${flagOf(name)} <n>`, description).argParser(readerOf(kind));
}

function readerOf(kind: Exclude<HelpKind, 'flag'>): (text: string) => number | number[] {
  if (kind === 'number') return number;
  return kind === 'numbers' ? numbers : integer(kind.integerFrom);
}
