/** Tells the developers of the bank's page what is wrong with what they ask for. */
export function warn(text: string): void {
  // oxlint-disable-next-line no-console -- there is nowhere else to tell it
  console.warn(`sangdam-chat: ${text}`);
}
