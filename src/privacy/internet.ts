import { isIPv6 } from 'node:net';
import type { Candidate, Reading } from './reading.js';

/** An entity longer than this is none: what a stream may hold back is bounded by it. */
const LONGEST_EMAIL = 112;
const AT = / ?(?:@|\(at\)|\[at\]|골뱅이|앳)[ \n]?|(?<=[a-z0-9]) at (?=[a-z0-9])/gi;
const LOCAL_PART = /[A-Za-z0-9](?:[A-Za-z0-9._%+-]|\n(?=[A-Za-z0-9._%+-]+$)){0,63}$/;
const DOT = '(?:\\.\\n?| ?(?:\\(dot\\)|\\[dot\\]|닷|점|쩜) ?)';
const DOMAIN = new RegExp(
  `^(?:[A-Za-z0-9-]{1,63}(?:${DOT}[A-Za-z0-9-]{1,63}){0,4}?(?:${DOT}[A-Za-z]{2,24}(?![A-Za-z0-9])| ?(?:닷컴|점 ?컴))|(?:네이버|다음|한메일|지메일|구글|네이트|카카오|핫메일) ?(?:닷|점|쩜) ?(?:컴|넷))`,
);
const EMAIL_SCORE = 0.9;

/** E-mail addresses, also as they are dictated (골뱅이, 닷컴); Hangul may touch either side. */
export function findEmails({ text }: Reading): Candidate[] {
  return Array.from(text.matchAll(AT)).flatMap((at) => {
    const left = text.slice(Math.max(0, at.index - 64), at.index);
    const right = text.slice(at.index + at[0].length, at.index + at[0].length + LONGEST_EMAIL);
    const local = LOCAL_PART.exec(left)?.[0];
    const domain = longestDomain(right);
    if (local === undefined || domain === undefined) return [];
    const start = at.index - local.length;
    const end = at.index + at[0].length + domain.length;
    return end - start <= LONGEST_EMAIL ? [{ start, end, type: 'EMAIL' as const, score: EMAIL_SCORE }] : [];
  });
}

/** The domain with all its labels: `example.co.kr`, not `example.co`. */
function longestDomain(text: string): string | undefined {
  let domain = DOMAIN.exec(text)?.[0];
  while (domain !== undefined) {
    const more = /^\.[A-Za-z]{2,24}(?![A-Za-z0-9])/.exec(text.slice(domain.length))?.[0];
    if (more === undefined) return domain;
    domain += more;
  }
  return undefined;
}

const IPV4 = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)/g;
const BROKEN_IPV4 = /(?<![\d.])(?:\d(?:\n?\d){0,2}\n?\.\n?){3}\d(?:\n?\d){0,2}(?!\d|\.\d)/g;
const IPV6 = /(?<![0-9A-Za-z:.])[0-9A-Fa-f:]{5,39}(?![0-9A-Za-z:])/g;
const VERSION = /(?:버전|version|ver\.?|v) ?$/i;
const CLAUSE_AFTER = /^ ?(?:항|조|버전|절|장)/;
const PRIVATE_V4 = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/;
const NO_HOST_V4 = /^(?:0|127|255)\./;

/** IP addresses of a customer: not versions, not clauses, not private ranges without a label. */
export function findIpAddresses(reading: Reading): Candidate[] {
  const { text } = reading;
  const broken = Array.from(text.matchAll(BROKEN_IPV4)).filter(
    (match) => match[0].includes('\n') && reading.labelBefore(match.index)?.type === 'IP',
  );
  const v4 = [...text.matchAll(IPV4), ...broken].map((match) => ({
    match,
    score: scoreOfV4(match[0].replace(/\n/g, '')),
  }));
  const v6 = Array.from(text.matchAll(IPV6))
    .filter(([address]) => isIPv6(address) && address.split(':').filter(Boolean).length >= 2)
    .map((match) => ({ match, score: /^f[cde]/i.test(match[0]) ? 0.2 : 0.7 }));
  return [...v4, ...v6].map(({ match, score }) => {
    const end = match.index + match[0].length;
    const isLabelled = reading.labelBefore(match.index)?.type === 'IP';
    const isVersion =
      VERSION.test(text.slice(Math.max(0, match.index - 10), match.index)) ||
      CLAUSE_AFTER.test(text.slice(end, end + 4));
    return { start: match.index, end, type: 'IP', score: score + (isLabelled ? 0.35 : 0) - (isVersion ? 0.6 : 0) };
  });
}

function scoreOfV4(address: string): number {
  const octets = address.split('.').map(Number);
  if (octets.some((octet) => octet > 255)) return 0;
  const base = octets.some((octet) => octet > 31) ? 0.6 : 0.35;
  return base - (NO_HOST_V4.test(address) ? 0.7 : PRIVATE_V4.test(address) ? 0.5 : 0);
}
