import type { ConversationEvent } from '../../conversation/events.js';
import { originLabel } from './origin-label.js';
import { fill, type Texts } from './texts.js';

/** What a screen reader says about a new event; undefined where nothing. A customer's own message is not read back. */
export function spoken(event: ConversationEvent, texts: Texts): string | undefined {
  switch (event.type) {
    case 'message':
      return event.origin === 'customer' ? undefined : `${texts.originCounsellor}: ${event.data.text}`;
    case 'answer.sentence':
      return event.data.index === 0 ? `${originLabel(event.origin, texts)}: ${event.data.text}` : event.data.text;
    case 'answer.withheld':
    case 'notice':
      return event.data.text;
    case 'answer.completed':
      return (
        [event.data.finish === 'stopped' ? texts.stopped : '', ...(event.data.choices ?? [])].join(' ').trim() ||
        undefined
      );
    case 'handoff.queued':
      return event.data.text ?? texts.queuedEntry;
    case 'handoff.joined':
      return fill(texts.joined, { name: event.data.counsellor });
    case 'handoff.ended':
      return event.data.text ?? (event.data.reason === 'cancelled' ? texts.handoffCancelled : texts.handoffEnded);
    case 'conversation.closed':
      return event.data.text ?? texts.closedEntry;
    case 'message.redacted':
      return undefined;
    default:
      event satisfies never;
      return undefined;
  }
}
