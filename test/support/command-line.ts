import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../src/config/package-root.js';

export interface CommandResult {
  code: number | null;
  lines: Record<string, unknown>[];
  stderr: string;
}

/** `sangdam …args` as users run it, its own process, `input` on standard input. */
export async function sangdam(
  args: readonly string[],
  input: string | readonly object[],
  environment: Record<string, string> = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [join(packageRoot, 'dist', 'cli.js'), ...args], {
    env: { ...process.env, SANGDAM_CHAT_MODEL: 'none', LANG: 'ko_KR.UTF-8', LC_ALL: '', ...environment },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined); // a command that fails early does not read to the end
  child.stdin.end(typeof input === 'string' ? input : input.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const lines = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code, lines, stderr };
}
