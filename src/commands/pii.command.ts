import { ConversationMasker, PiiDetector } from '../privacy/index.js';
import { SystemClock } from '../config/clock.js';
import type { Command } from './command.js';
import { Fields } from './fields.js';

/** `{id,text}` or `{id,turns:[…]}` → `{id,masked,findings}`; offsets of the original, in UTF-16 units. */
export const piiCommand: Command = {
  name: 'pii',
  description: 'Find and mask personal data: {id,text} or {id,turns:[…]} → {id,masked,findings}',
  reads: true,
  needs: 'nothing',
  async *run({ input }) {
    const detector = new PiiDetector();
    for await (const line of input) {
      const fields = new Fields(line);
      yield fields.has('turns')
        ? maskTurns(detector, fields.id, fields.texts('turns'))
        : maskText(detector, fields.id, fields.text('text'));
    }
  },
};

function maskText(detector: PiiDetector, id: string | number, text: string): object {
  const masker = new ConversationMasker({ clock: new SystemClock() });
  return { id, masked: masker.mask(text, 0).text, findings: detector.detect(text) };
}

function maskTurns(detector: PiiDetector, id: string | number, turns: readonly string[]): object {
  const masker = new ConversationMasker({ clock: new SystemClock() });
  const masked: string[] = [];
  turns.forEach((turn, key) => {
    const result = masker.mask(turn, key);
    masked.push(result.text);
    for (const redaction of result.redactions) masked[redaction.turn] = redaction.text;
  });
  return { id, masked, findings: detector.detectTurns(turns) };
}
