import { useEffect, useState } from 'preact/hooks';

/** True once `active` has held for `delay` milliseconds; false at once when it no longer does. */
export function useAfter(delay: number, active: boolean): boolean {
  const [passed, setPassed] = useState(false);
  useEffect(() => {
    if (!active) return;
    const timer = setTimeout(() => setPassed(true), delay);
    return () => {
      clearTimeout(timer);
      setPassed(false);
    };
  }, [delay, active]);
  return active && passed;
}
