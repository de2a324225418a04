/** Makes everything on the page but `host` inert, as a modal window needs it. Returns the way back. */
export function inertOutside(host: HTMLElement): () => void {
  const changed: HTMLElement[] = [];
  for (
    let element: HTMLElement | null = host;
    element && element !== document.documentElement;
    element = element.parentElement
  )
    for (const sibling of element.parentElement?.children ?? []) {
      if (sibling === element || !(sibling instanceof HTMLElement) || sibling.inert) continue;
      sibling.inert = true;
      changed.push(sibling);
    }
  return () => {
    for (const element of changed) element.inert = false;
  };
}
