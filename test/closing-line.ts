import type { Reporter, TestModule } from 'vitest/node';

/** Prints `N passed, N failed, N skipped` as the run's last line, which CI reads. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const n = { passed: 0, failed: errors.length, skipped: 0 };
    for (const m of modules) {
      const tests = [...m.children.allTests()];
      if (m.state() === 'failed' && tests.every((t) => t.result().state !== 'failed')) n.failed++; // the file did not load
      for (const t of tests) {
        const s = t.result().state;
        if (s !== 'pending') n[s]++;
      }
    }
    process.on('exit', () => console.log(`${n.passed} passed, ${n.failed} failed, ${n.skipped} skipped`));
  }
}
