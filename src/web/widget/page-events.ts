import type { Chat, ChatSnapshot } from './chat.js';

/**
 * Tells the bank's page, by events on the element that bubble, what it may want to react to. None of them says what was
 * written.
 *
 * | event | detail | |
 * |---|---|---|
 * | `sangdam:ready` | | the element can be used |
 * | `sangdam:open`, `sangdam:close` | | the window was opened or closed |
 * | `sangdam:unread` | `{count}` | messages that came while the window was closed |
 * | `sangdam:handoff` | `{state}` | `assistant`, `queued`, `counsellor` or `closed`: who has the conversation now |
 * | `sangdam:identity` | | the conversation waits for an identity token: `setIdentity` goes on |
 * | `sangdam:error` | `{code}` | a stable code of docs/widget.md |
 */
export function tell(element: HTMLElement, name: string, detail?: object): void {
  element.dispatchEvent(new CustomEvent(`sangdam:${name}`, { bubbles: true, detail }));
}

/** Tells what changes in the conversation. Returns the way to stop. */
export function tellChanges(element: HTMLElement, chat: Chat): () => void {
  let before: ChatSnapshot = chat.snapshot;
  return chat.subscribe(() => {
    const { snapshot } = chat;
    const [last, now] = [before, snapshot];
    before = snapshot;
    if (now.unread !== last.unread) tell(element, 'unread', { count: now.unread });
    if (now.view.state !== last.view.state) tell(element, 'handoff', { state: now.view.state });
    if (now.error && now.error !== last.error) tell(element, 'error', { code: now.error.code });
    if (now.phase === 'unidentified' && last.phase !== 'unidentified') tell(element, 'identity');
  });
}
