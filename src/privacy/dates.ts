/** Whether year, month (from 1) and day are a day of the Gregorian calendar. */
export function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Whether they are a day and it is not after `today` (milliseconds since 1970): somebody may have been born on it. */
export function isPastDay(year: number, month: number, day: number, today: number): boolean {
  return isDay(year, month, day) && Date.UTC(year, month - 1, day) <= today;
}
