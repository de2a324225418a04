import type { Reporter, TestCase, TestModule } from 'vitest/node';

/**
 * Prints `N passed, N failed, N skipped` as the run's last line, which CI reads. With CI=true a skipped test is a failure of the
 * run: there, everything that a test could need is installed.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string): TestCase[] => tests.filter((test) => test.result().state === state);
    const skipped = inState('skipped');
    const failed = errors.length + inState('failed').length + modules.filter(failedToLoad).length;
    const mustFail = isCi() && skipped.length > 0;
    process.on('exit', () => {
      if (mustFail) {
        process.exitCode ||= 1;
        console.log('Skipped, although CI=true says that nothing is missing here:');
        for (const test of skipped) console.log(`  ${test.module.relativeModuleId} > ${test.fullName}`);
      }
      console.log(`${inState('passed').length} passed, ${failed} failed, ${skipped.length} skipped`);
    });
  }
}

/** The file did not load, so that none of its tests ran. */
function failedToLoad(module: TestModule): boolean {
  return (
    module.state() === 'failed' && [...module.children.allTests()].every((test) => test.result().state !== 'failed')
  );
}

function isCi(): boolean {
  return process.env.CI === 'true' || process.env.CI === '1';
}
