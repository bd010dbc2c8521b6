import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Answer, Command } from './memoryProcess.ts';
import { bundle } from './package.ts';
import type { EarlierBuild, Settings } from './section.ts';

/** What must be free beforehand, over the stored bytes: the peak and something for everyone else. */
const headroom = 1.5;

export const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;

/** Runs `use` with the path of a file that is removed afterwards, or notes that there is no room for so many bytes. */
export async function withRoom(
  stored: number,
  settings: Settings,
  use: (path: string) => Promise<void>,
): Promise<void> {
  const { bavail, bsize } = await statfs(tmpdir());
  const lacking = [
    ...(freemem() < headroom * stored ? [`${gigabytes(headroom * stored)} of memory`] : []),
    ...(bavail * bsize < headroom * stored ? [`${gigabytes(headroom * stored)} on the disk of ${tmpdir()}`] : []),
  ];
  if (lacking.length > 0) return settings.note(`skipped: needs ${lacking.join(' and ')} free`);
  const folder = await mkdtemp(join(tmpdir(), 'denseam-bench-'));
  try {
    await use(join(folder, 'memory.safetensors'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

export type Ask = (command: Command) => Promise<Answer>;

/** Runs `use` with a fresh process to ask, of the earlier build or of this one, which ends with it. */
export async function inChild<T>(use: (ask: Ask) => Promise<T>, before?: EarlierBuild): Promise<T> {
  const child = fork(join(bundle, 'memoryProcess.js'), before ? [before.library] : []);
  try {
    return await use((command) => answer(child, command));
  } finally {
    if (child.connected) child.disconnect();
  }
}

async function answer(child: ChildProcess, command: Command): Promise<Answer> {
  const waiting = new AbortController();
  const { signal } = waiting;
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error(`The process ended instead of answering "${command.verb}"`);
  });
  child.send(command);
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), ended]);
    return message as Answer;
  } finally {
    ended.catch(() => {});
    waiting.abort();
  }
}
