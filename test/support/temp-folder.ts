import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty folder that the caller removes. For one test, `testFolder` removes it by itself. */
export function tempFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'sangdam-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }) };
}

/** Path of an empty folder that is removed when the running test is over. */
export function testFolder(): string {
  const folder = tempFolder();
  onTestFinished(folder.remove);
  return folder.path;
}
