/** Messages between `EmbeddedDatabase` and its worker thread. */
export type EmbeddedRequest =
  | { id: number; op: 'query'; sql: string; params: readonly unknown[] }
  | { id: number; op: 'script'; sql: string }
  | { id: number; op: 'close' };

export type EmbeddedReply =
  { id: number; rows: Record<string, unknown>[] } | { id: number; error: { message: string; code?: string } };
