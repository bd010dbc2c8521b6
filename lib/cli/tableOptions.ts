import { type Command, Option } from 'commander';
import type { AnyOption, HelpKind, OptionTable, Option as TableOption } from '../core/options.ts';
import { flagOf, UsageError } from './errors.ts';
import { integer, number, numbers } from './options.ts';

// Conversion of the library's options to those of a command. Name, reader, description and default follow from the
// specification of the verb, so every option described there is on the command line.

/** The tables of one verb, by their owners: `Gaussians`, `point clouds`. */
export type Tables = Readonly<Record<string, OptionTable>>;

/** Options of a table in the form that callers write. */
export type Given<Table> = {
  readonly [Name in keyof Table]?: Table[Name] extends TableOption<infer Value, unknown> ? Value : never;
};

/** Adds the described options of the tables. Options that only some tables have name their owner. */
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

/** The options of a table that a command line gives; `values` holds the values from commander. */
export function givenOptions<Table extends OptionTable>(table: Table, values: object): Given<Table> {
  const given = describedNames(table).flatMap((name) => {
    const value = valueGiven(name, values);
    if (value === undefined) return [];
    return [[name, isOnByDefault(table[name] as AnyOption) ? !value : value]];
  });
  return Object.fromEntries(given) as Given<Table>;
}

/** Refuses options that `owner` lacks, which would pass in silence, and the absence of required ones. */
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

/** Whether an option is on by default; its flag then turns it off. */
function isOnByDefault({ help, fallback }: AnyOption): boolean {
  return help?.kind === 'flag' && fallback === true;
}

function commandOption(name: string, option: AnyOption, whose: string): Option {
  const { kind, what, byDefault } = option.help as NonNullable<AnyOption['help']>;
  if (kind === 'flag') return new Option(flagOf(name), `${whose}${what}`);
  const words = byDefault ?? option.fallback;
  const description = `${whose}${what}${words === undefined ? '' : ` (default: ${words})`}`;
  if (isChoice(kind)) return new Option(`${flagOf(name)} <word>`, description).choices(kind.oneOf);
  return new Option(`${flagOf(name)} <n>`, description).argParser(readerOf(kind));
}

type Choice = Extract<HelpKind, { oneOf: unknown }>;

function isChoice(kind: HelpKind): kind is Choice {
  return typeof kind === 'object' && 'oneOf' in kind;
}

function readerOf(kind: Exclude<HelpKind, 'flag' | Choice>): (text: string) => number | number[] {
  if (kind === 'number') return number;
  return kind === 'numbers' ? numbers : integer(kind.integerFrom);
}
