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

/** Whether counsellors work at that moment, in Asia/Seoul. */
export function counsellorsAtWork(at: Date): boolean {
  const seoul = new Date(at.getTime() + 9 * 3_600_000).toISOString();
  const [day, time] = [seoul.slice(0, 10), seoul.slice(11, 16)];
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay() || 7;
  const working = counsellors.days.includes(weekday) && !counsellors.holidays.includes(day);
  return working && time >= counsellors.from && time < counsellors.to;
}
