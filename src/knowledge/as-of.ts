import { AppError } from '../config/app-error.js';
import type { IsoDate } from './document.js';
import { isIsoDate } from './readers/front-matter.js';

/** The day whose law and conditions count: today in Korea, a given day, or `none`: all texts, in force or not. */
export type AsOf = 'today' | 'none' | IsoDate;

/**
 * `--as-of DATE|none` of the command line; `today` where it is not given.
 * @throws AppError input.invalid
 */
export function parseAsOf(written: string | undefined): AsOf {
  if (written === undefined || written === 'today' || written === 'none') return written ?? 'today';
  if (isIsoDate(written)) return written;
  throw AppError.of('input.invalid', { field: 'as-of', expected: 'YYYY-MM-DD|today|none' });
}

const seoulDate = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'Asia/Seoul',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
});

/** The calendar day in Korea at a moment. */
export function dayInSeoul(moment: Date): IsoDate {
  return seoulDate.format(moment) as IsoDate;
}

/** The day as the store compares it; null where no day limits what may be cited. */
export function dayOf(asOf: AsOf, now: Date): IsoDate | null {
  if (asOf === 'none') return null;
  return asOf === 'today' ? dayInSeoul(now) : asOf;
}
