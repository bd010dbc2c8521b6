/** The words of a command under a limit, in the words of bash's ulimit; without one, the command's own. */
export function limited(command: readonly string[], limit?: string): [program: string, ...args: string[]] {
  const [program = '', ...args] = limit ? ['bash', '-c', `ulimit ${limit}; exec "$@"`, 'bash', ...command] : command;
  return [program, ...args];
}
