import type { Origin } from '../../conversation/events.js';
import type { Texts } from './texts.js';

/** Who speaks, in words. */
export function originLabel(origin: Origin, texts: Texts): string {
  switch (origin) {
    case 'ai':
      return texts.originAi;
    case 'exemplar':
      return texts.originExemplar;
    case 'counsellor':
      return texts.originCounsellor;
    case 'customer':
      return texts.you;
    case 'system':
      return texts.originSystem;
    default:
      return origin satisfies never;
  }
}
