/** The saddle-point equations and the hierarchy of saddles in numbers (Thériault and Tantari 2025, section 3, figure 2). */

import type { Experiment, ExperimentResult, Finding } from '../core/experiment.ts';
import { vmfSaddlesFindings } from './findings.ts';
import { measure, type SaddlesMeasured } from './run.ts';
import {
  checkVmfSaddlesSettings,
  defaultVmfSaddlesSettings,
  quickVmfSaddlesSettings,
  type VmfSaddlesSettings,
} from './settings.ts';
import {
  betasChart,
  betasTable,
  descentTable,
  fallChart,
  fallTable,
  fixedPointsTable,
  orderParametersChart,
  orderParametersTable,
  partingTable,
  pictures,
  profileChart,
  profileTable,
  studentsChart,
  studentsTable,
} from './tables.ts';

export const vmfSaddles: Experiment<VmfSaddlesSettings> = {
  id: 'vmf-saddles',
  title: 'Saddle points that come from smaller networks',
  summary:
    'Fixed points of the saddle-point equations are found on images and for random teachers; their units are duplicated, and the loss is followed as the copies part.',
  source: 'Thériault and Tantari 2025, section 3, figure 2, appendices F, H and I',
  settings: defaultVmfSaddlesSettings,
  quick: quickVmfSaddlesSettings,
  async run(settings, context) {
    checkVmfSaddlesSettings(settings);
    return vmfSaddlesResult(await measure(settings, context), settings);
  },
};

export function vmfSaddlesResult(measured: SaddlesMeasured, settings: VmfSaddlesSettings): ExperimentResult {
  const findings: Finding[] = vmfSaddlesFindings(measured, settings);
  return {
    findings,
    tables: [
      fixedPointsTable(measured, settings),
      orderParametersTable(measured, settings),
      descentTable(measured),
      partingTable(measured),
      profileTable(measured),
      fallTable(measured),
      betasTable(measured),
      studentsTable(measured),
    ],
    charts: [orderParametersChart, profileChart, fallChart, betasChart, studentsChart],
    pictures: pictures(measured, settings),
  };
}
