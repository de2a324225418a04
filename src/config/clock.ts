import { v7 as uuidv7 } from 'uuid';

/** Time as the program sees it; a test replaces it. */
export abstract class Clock {
  /** Wall-clock time. */
  abstract now(): Date;
  /** Milliseconds on a clock that never goes back; for durations only. */
  abstract monotonic(): number;
  /** Milliseconds that this thread has computed: what a synchronous piece of work costs, however busy the machine is. */
  abstract computed(): number;
}

export class SystemClock extends Clock {
  override now(): Date {
    return new Date();
  }
  override monotonic(): number {
    return performance.now();
  }
  override computed(): number {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  }
}

/** New identifiers (UUIDv7: sortable by time); a test replaces it. */
export abstract class Ids {
  abstract next(): string;
}

export class UuidIds extends Ids {
  override next(): string {
    return uuidv7();
  }
}
