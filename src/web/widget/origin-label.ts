import type { Origin } from '../../conversation/events.js';
import type { SeoulTime } from './seoul-time.js';
import { fill, type Texts } from './texts.js';

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

/** What a copy of an answer says about where it comes from. */
export function markOf({ origin, at }: { origin: Origin; at: string }, texts: Texts, time: SeoulTime): string {
  return fill(texts.copyMark, { origin: originLabel(origin, texts), title: texts.title, date: time.day(at) });
}
