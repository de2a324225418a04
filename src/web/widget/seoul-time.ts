const ZONE = { timeZone: 'Asia/Seoul' } as const;
/** UTC+9 without summer time, milliseconds. */
const OFFSET = 9 * 3_600_000;

/** Dates and times as people in Korea read them, whatever the computer's zone and clock. Inputs: the server's `at`, ISO 8601. */
export class SeoulTime {
  readonly #time: Intl.DateTimeFormat;
  readonly #date: Intl.DateTimeFormat;
  readonly #moment: Intl.DateTimeFormat;

  constructor(locale: 'ko' | 'en') {
    const tag = locale === 'ko' ? 'ko-KR' : 'en-GB';
    const time = { ...ZONE, hour: 'numeric', minute: '2-digit', hour12: true } as const;
    const date = { ...ZONE, month: 'long', day: 'numeric' } as const;
    this.#time = new Intl.DateTimeFormat(tag, time);
    this.#date = new Intl.DateTimeFormat(tag, { ...date, year: 'numeric', weekday: 'long' });
    this.#moment = new Intl.DateTimeFormat(tag, { ...date, ...time, weekday: 'short' });
  }

  /** 오후 3:24 */
  time(at: string): string {
    return this.#time.format(new Date(at));
  }

  /** 2026년 11월 24일 화요일 */
  date(at: string): string {
    return this.#date.format(new Date(at));
  }

  /** 11월 24일 (화) 오후 3:24 */
  moment(at: string): string {
    return this.#moment.format(new Date(at));
  }

  /** 2026-11-24: equal for moments of one day in Seoul. */
  day(at: string): string {
    return new Date(Date.parse(at) + OFFSET).toISOString().slice(0, 10);
  }
}
