// A model that writes at a steady pace: two characters a chunk, about what a token of Korean is.
import { setTimeout as delay } from 'node:timers/promises';
import { now } from './machine.mjs';

/** What it writes; the source that is found for every question says the same, so that every sentence can be verified. */
export const SENTENCES = [
  '한결 정기예금의 만기일이 휴일이면 다음 영업일에 해지하실 수 있습니다.',
  '한결앱에서는 예금 메뉴의 해지 화면에서 최대 1억원까지 바로 해지하실 수 있습니다.',
  '중도해지하시면 예치하신 기간에 따라 기본금리의 30%에서 80%까지 적용됩니다.',
  '만기 전에 급히 돈이 필요하시면 해지하지 않고 예금담보대출을 받으실 수도 있습니다.',
];
export const ANSWER = SENTENCES.join(' ');
/** The name by which a question tells who asks: names neither a person nor a number. */
export const MARK = /대화-([a-z]+)/;

/**
 * Chunks of the answer; `onSentence(index, at)` at the moment when the last character of a sentence is handed over.
 * @param charactersPerSecond of each conversation
 */
export async function* write(charactersPerSecond, onSentence, signal) {
  const pause = 2000 / charactersPerSecond;
  let due = now() + Math.random() * pause;
  for (let at = 0, sentence = 0; at < ANSWER.length; at += 2) {
    const wait = due - now();
    if (wait > 1) await delay(wait, undefined, signal ? { signal } : {});
    due += pause;
    const end = ANSWER.indexOf(SENTENCES[sentence]) + SENTENCES[sentence].length;
    if (at + 2 >= end) onSentence(sentence++, now());
    yield ANSWER.slice(at, at + 2);
    if (sentence === SENTENCES.length) return;
  }
}
