import { SystemClock } from '../config/clock.js';
import { Settings } from '../config/settings.js';
import { ConversationMasker, NamedEntities, PiiDetector } from '../privacy/index.js';
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
    const entities = await NamedEntities.open(Settings.read().nerModel);
    try {
      for await (const line of input) {
        const fields = new Fields(line);
        yield fields.has('turns')
          ? await maskTurns(detector, entities, fields.id, fields.texts('turns'))
          : await maskText(detector, entities, fields.id, fields.text('text'));
      }
    } finally {
      await entities.close();
    }
  },
};

async function maskText(
  detector: PiiDetector,
  entities: NamedEntities,
  id: string | number,
  text: string,
): Promise<object> {
  const masker = new ConversationMasker({ clock: new SystemClock() });
  const found = await entities.find(text);
  return {
    id,
    masked: masker.mask(text, 0, undefined, found).text,
    findings: detector.detect(text, { entities: found }),
  };
}

async function maskTurns(
  detector: PiiDetector,
  entities: NamedEntities,
  id: string | number,
  turns: readonly string[],
): Promise<object> {
  const masker = new ConversationMasker({ clock: new SystemClock() });
  const masked: string[] = [];
  const found = await Promise.all(turns.map((turn) => entities.find(turn)));
  turns.forEach((turn, key) => {
    const result = masker.mask(turn, key, undefined, found[key]);
    masked.push(result.text);
    for (const redaction of result.redactions) masked[redaction.turn] = redaction.text;
  });
  const entitiesOfTurns = found.flatMap((each, turn) => each.map((entity) => ({ ...entity, turn })));
  return { id, masked, findings: detector.detectTurns(turns, { entities: entitiesOfTurns }) };
}
