import { describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/config/clock.js';
import { OnnxEmbedder } from '../../src/models/onnx-embedder.js';
import { runStatutesSuite } from '../../src/quality/statutes-suite.js';

describe('the statute questions', () => {
  it('find their articles and laws at least as often as the recipe, less one point', async () => {
    const embedder = await OnnxEmbedder.openShipped();
    const report = await runStatutesSuite({ embedder, clock: new SystemClock() });
    await embedder.close();
    expect(report.n).toBe(120);
    expect(report.gates.filter(({ passed }) => !passed)).toEqual([]);
  }, 180_000);
});
