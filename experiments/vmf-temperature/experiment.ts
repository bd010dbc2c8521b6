/** Accuracy of the von Mises-Fisher memory against beta, fixed or trained (Thériault and Tantari 2025, table 1). */

import type { Experiment } from '../core/experiment.ts';
import {
  checkDigitSettings,
  type DigitSettings,
  defaultDigitSettings,
  quickDigitSettings,
} from '../shared/sphere/digitModels.ts';
import { accuracyFinding, orderFindings } from './findings.ts';
import { measure } from './measures.ts';
import { accuracyChart, accuracyTable, betaChart, historyChart, historyTable, timesTable } from './tables.ts';

export const vmfTemperature: Experiment<DigitSettings> = {
  id: 'vmf-temperature',
  title: 'Accuracy against the inverse temperature',
  summary:
    'Memories of handwritten digits are trained at several fixed beta and with a trained one, and classify test digits.',
  source: 'Thériault and Tantari 2025, section 4.1, table 1',
  settings: defaultDigitSettings,
  quick: quickDigitSettings,
  seconds: 307,
  async run(settings, context) {
    checkDigitSettings(settings);
    const rows = await measure(settings, context);
    return {
      findings: [...rows.map((row) => accuracyFinding(row, settings)), ...orderFindings(rows, settings)],
      tables: [accuracyTable(rows), historyTable(rows), timesTable(rows)],
      charts: [accuracyChart, historyChart, betaChart],
      pictures: [],
    };
  },
};
