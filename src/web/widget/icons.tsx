import type { JSX } from 'preact';

/** Drawings on a 24 × 24 grid, in the colour of the text; decoration beside words or a label. */
const PATHS = {
  chat: 'M4 5h16v11H9l-5 4z M8 9h8 M8 12h5',
  close: 'M6 6l12 12 M18 6L6 18',
  send: 'M12 19V5 M6 11l6-6 6 6',
  up: 'M7 10v10H4V10z M7 18.5l1.5 1.5H17l2-7v-3h-5.5l1-5-2-1L7 11',
  down: 'M7 14V4H4v10z M7 5.5L8.5 4H17l2 7v3h-5.5l1 5-2 1L7 13',
  copy: 'M9 9h11v11H9z M15 9V4H4v11h5',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z M4 21c0-4 3.5-6 8-6s8 2 8 6',
  lock: 'M6 11h12v9H6z M8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z M12 7v5l3.5 2',
  end: 'M12 5v14 M6 13l6 6 6-6',
  warn: 'M12 4l9 16H3z M12 10v4 M12 17v.5',
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
