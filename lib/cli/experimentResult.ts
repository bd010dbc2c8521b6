import { join } from 'node:path';
import type { Cell, ExperimentResult, ResultTable } from '../experiments/experiment.ts';
import { textTable } from '../report/table.ts';
import type { FinishedExperiment } from './experiment.ts';
import { writeText } from './partFiles.ts';

/** Writes what was found into the experiment's folder. */
export async function writeResult({ experiment: { id }, settings, result, folder }: FinishedExperiment): Promise<void> {
  const { findings, tables, pictures } = result;
  await writeText(
    join(folder, 'result.json'),
    `${JSON.stringify({ experiment: id, settings, findings, tables, pictures })}\n`,
  );
}

/** What was found, for a terminal. */
export function resultText({ findings, tables }: ExperimentResult): string {
  const lines = findings.map(({ what, published, ours, verdict, why }) =>
    [
      `${verdict}: ${what}`,
      ...(published === '' ? [] : [`  published: ${published}`]),
      `  ours:      ${ours}`,
      ...(why === undefined ? [] : [`  why:       ${why}`]),
    ].join('\n'),
  );
  return [...tables.filter(({ isRaw }) => !isRaw).map(tableText), ...lines].join('\n\n');
}

function tableText({ title, columns, rows }: ResultTable): string {
  const shown = (cell: Cell) => (typeof cell === 'number' ? String(Number(cell.toPrecision(4))) : (cell ?? '–'));
  return textTable({
    caption: title,
    columns: columns.map((column) => column.title),
    rows: rows.map((row) => row.map(shown)),
  });
}
