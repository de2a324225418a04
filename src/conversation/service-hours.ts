import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { shipped } from '../config/package-root.js';
import { text, type Locale } from '../config/texts.js';
import type { PhoneRegistry } from '../guardrails/index.js';

interface Hours {
  /** 1 Monday … 7 Sunday. */
  days: number[];
  from: string;
  to: string;
  /** Dates on which nobody works, YYYY-MM-DD. */
  holidays: string[];
}

/** Longer than any row of holidays. */
const SEARCHED_DAYS = 31;

const { counsellors } = parse(readFileSync(shipped('data', 'service-hours.yaml'), 'utf8')) as { counsellors: Hours };

/** What a customer who asked for a person is told: when people work, and where to call meanwhile. */
export function handoffText(at: Date, locale: Locale, phones: PhoneRegistry): string {
  return text(counsellorsAtWork(at) ? 'handoff.in-hours' : 'handoff.out-of-hours', reach(phones), locale);
}

/** What a customer is told while the service is stepped down to people, or switched off. */
export function serviceText(key: 'service.people' | 'service.closed', locale: Locale, phones: PhoneRegistry): string {
  return text(key, reach(phones), locale);
}

/** When people work and where to call. */
export function reach(phones: PhoneRegistry): { hours: string; phone: string } {
  return { hours: `${counsellors.from}~${counsellors.to}`, phone: phones.number('bank-centre') };
}

/** When counsellors begin again, UTC, ISO 8601; undefined while they are at work. */
export function nextOpening(at: Date): string | undefined {
  if (counsellorsAtWork(at)) return undefined;
  for (let day = 0; day < SEARCHED_DAYS; day++) {
    const { date } = seoulClock(new Date(at.getTime() + day * 24 * 3_600_000));
    const opening = new Date(`${date}T${counsellors.from}:00+09:00`);
    if (opening > at && counsellorsAtWork(opening)) return opening.toISOString();
  }
  return undefined;
}

/** Whether counsellors work at that moment, in Asia/Seoul. */
export function counsellorsAtWork(at: Date): boolean {
  const { date, time } = seoulClock(at);
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay() || 7;
  const working = counsellors.days.includes(weekday) && !counsellors.holidays.includes(date);
  return working && time >= counsellors.from && time < counsellors.to;
}

/** YYYY-MM-DD and HH:MM in Asia/Seoul, which knows no summer time. */
function seoulClock(at: Date): { date: string; time: string } {
  const seoul = new Date(at.getTime() + 9 * 3_600_000).toISOString();
  return { date: seoul.slice(0, 10), time: seoul.slice(11, 16) };
}
