import type { Locale } from './texts.js';

const ZONE = { timeZone: 'Asia/Seoul', hour12: false } as const;

/** Times (Asia/Seoul), durations and sizes as operators read them. */
export class Formats {
  readonly #time: Intl.DateTimeFormat;
  readonly #moment: Intl.DateTimeFormat;
  readonly #number: Intl.NumberFormat;

  constructor(private readonly locale: Locale) {
    const tag = locale === 'ko' ? 'ko-KR' : 'en-GB';
    this.#time = new Intl.DateTimeFormat(tag, { ...ZONE, timeStyle: 'medium' });
    this.#moment = new Intl.DateTimeFormat(tag, {
      ...ZONE,
      month: 'numeric',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    this.#number = new Intl.NumberFormat(tag, { maximumFractionDigits: 1 });
  }

  /** 14:03:22 */
  time(at: string): string {
    return this.#time.format(new Date(at));
  }

  /** 11. 25. 14:03:22 */
  moment(at: string): string {
    return this.#moment.format(new Date(at));
  }

  number(value: number): string {
    return this.#number.format(value);
  }

  /** 0.42초; of milliseconds. */
  seconds(ms: number): string {
    return `${(ms / 1000).toFixed(2)}${this.locale === 'ko' ? '초' : ' s'}`;
  }

  /** 3일 4시간, 4시간 12분, 12분; of seconds. */
  duration(seconds: number): string {
    const [d, h, m] = this.locale === 'ko' ? ['일', '시간', '분'] : [' d', ' h', ' min'];
    const days = Math.floor(seconds / 86_400);
    const hours = Math.floor((seconds % 86_400) / 3600);
    const minutes = Math.floor((seconds % 3600) / 60);
    if (days > 0) return `${days}${d} ${hours}${h}`;
    return hours > 0 ? `${hours}${h} ${minutes}${m}` : `${minutes}${m}`;
  }

  /** 59.1 MB */
  bytes(value: number): string {
    const power = Math.min(3, Math.floor(Math.log10(Math.max(1, value)) / 3));
    return `${this.number(value / 1000 ** power)} ${['B', 'kB', 'MB', 'GB'][power]}`;
  }
}
