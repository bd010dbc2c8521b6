/**
 * The saddle-point equations and the hierarchy of saddles in numbers (Thériault and Tantari 2025, section 3, figure 2).
 */

import type { Experiment } from '../core/experiment.ts';
import { vmfSaddlesFindings } from './findings.ts';
import { measure } from './run.ts';
import {
  checkVmfSaddlesSettings,
  defaultVmfSaddlesSettings,
  quickVmfSaddlesSettings,
  type VmfSaddlesSettings,
} from './settings.ts';
import { vmfSaddlesCharts, vmfSaddlesPictures, vmfSaddlesTables } from './tables.ts';

export const vmfSaddles: Experiment<VmfSaddlesSettings> = {
  id: 'vmf-saddles',
  title: 'Saddle points that come from smaller networks',
  summary:
    'Fixed points of the saddle-point equations are found on images and for random teachers; their units are duplicated, and the loss is followed as the copies part.',
  source: 'Thériault and Tantari 2025, section 3, figure 2, appendices F, H and I',
  settings: defaultVmfSaddlesSettings,
  quick: quickVmfSaddlesSettings,
  seconds: 20,
  async run(settings, context) {
    checkVmfSaddlesSettings(settings);
    const measured = await measure(settings, context);
    return {
      findings: vmfSaddlesFindings(measured, settings),
      tables: vmfSaddlesTables(measured, settings),
      charts: vmfSaddlesCharts,
      pictures: vmfSaddlesPictures(measured, settings),
    };
  },
};
