const ZONE = { timeZone: 'Asia/Seoul' } as const;

/** Dates and times as people in Korea read them, whatever the computer's zone. Inputs: ISO 8601 or milliseconds. */
export class SeoulTime {
  readonly #time: Intl.DateTimeFormat;
  readonly #date: Intl.DateTimeFormat;
  readonly #key = new Intl.DateTimeFormat('en-CA', { ...ZONE, dateStyle: 'short' });

  constructor(locale: 'ko' | 'en') {
    const tag = locale === 'ko' ? 'ko-KR' : 'en-GB';
    this.#time = new Intl.DateTimeFormat(tag, { ...ZONE, hour: 'numeric', minute: '2-digit', hour12: true });
    this.#date = new Intl.DateTimeFormat(tag, {
      ...ZONE,
      year: 'numeric',
      month: 'long',
      day: 'numeric',
      weekday: 'long',
    });
  }

  /** 오후 3:24 */
  time(at: string | number): string {
    return this.#time.format(new Date(at));
  }

  /** 2026년 11월 24일 화요일 */
  date(at: string | number): string {
    return this.#date.format(new Date(at));
  }

  /** 2026-11-24: equal for moments of one day in Seoul. */
  day(at: string | number): string {
    return this.#key.format(new Date(at));
  }
}
