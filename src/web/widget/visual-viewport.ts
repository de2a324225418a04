/**
 * Keeps a full-screen element inside what is visible above the on-screen keyboard: iOS, Chrome since 108 and Firefox since
 * 132 shrink only the visual viewport, which no CSS unit follows. Sets `--top` and `--height`. Returns the way to stop.
 */
export function followVisualViewport(element: HTMLElement): () => void {
  const viewport = window.visualViewport;
  if (!viewport) return () => undefined;
  let frame = 0;
  const fit = (): void => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      element.style.setProperty('--top', `${viewport.offsetTop}px`);
      element.style.setProperty('--height', `${viewport.height}px`);
    });
  };
  fit();
  viewport.addEventListener('resize', fit);
  viewport.addEventListener('scroll', fit);
  return () => {
    cancelAnimationFrame(frame);
    viewport.removeEventListener('resize', fit);
    viewport.removeEventListener('scroll', fit);
    element.style.removeProperty('--top');
    element.style.removeProperty('--height');
  };
}
