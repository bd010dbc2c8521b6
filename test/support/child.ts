import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ChildResult {
  readonly code: number | null;
  /** Not null after a crash (SIGSEGV, SIGABRT) or when the time was up (SIGKILL). */
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script in a Node process of its own and waits for its end, or kills it when the time is up. */
export function runChild(
  script: URL,
  args: readonly string[],
  timeout: number,
  flags: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<ChildResult> {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [...flags, fileURLToPath(script), ...args], {
    timeout,
    killSignal: 'SIGKILL',
    env,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => done({ code, signal, stdout, stderr }));
  });
}
