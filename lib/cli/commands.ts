// The subpath denseam/cli: helpers for packages that add commands of their own. ES modules only, since Node itself runs
// commands.

export { writeContents } from '../io/atomic.ts';
export { corruptFile, describing } from '../io/files.ts';
export { type CommonOptions, defineAction, type Run, stageProgress } from './command.ts';
export { describeError, UsageError } from './errors.ts';
export { integer } from './options.ts';
export type { StageProgress } from './progress.ts';
export { software } from './software.ts';
export { shellWord } from './text.ts';
export { type Table, textTable } from './textTable.ts';
