import type { Command } from 'commander';
import { addDataCommand } from './cli/data.ts';
import { addDemoCommand } from './cli/demo.ts';
import { addExperimentCommand } from './cli/experiment.ts';

/** Adds the commands `experiment`, `data` and `demo` to denseam's command line. */
export function addCommands(program: Command): void {
  addExperimentCommand(program);
  addDataCommand(program);
  addDemoCommand(program);
}
