import { embeddedForm } from '../guardrails/index.js';
import type { ConversationEvent } from './events.js';

/** Openings and endings that lean on what was said before: "그럼 수수료는요?", "그건 얼마예요", "중도해지하면요". */
const LEANS_ON_CONTEXT =
  /^(그럼|그러면|그건|그거|그게|그것|그때|거기|이건|이거|이게|저거|또|근데|그리고|아니면|혹시 그|만약|what about|and |then )|^.{0,20}(은|는|이|가|도|면|때는?|에는)\s*요\??$/i;
/** A message of so few characters rarely names its subject. */
const SHORT = 9;

export interface RetrievalQueries {
  /** The message by itself. */
  standalone: string;
  /** The message with the question before it; undefined where it does not lean on one. */
  contextual: string | undefined;
}

/** What to search for: the customer's message, and where it leans on the conversation, the message with the question before it. */
export function retrievalQueries(text: string, history: readonly ConversationEvent[]): RetrievalQueries {
  const standalone = embeddedForm(text);
  const previous = history.findLast((event) => event.type === 'message' && event.origin === 'customer');
  const leans = LEANS_ON_CONTEXT.test(standalone) || standalone.length <= SHORT;
  const before = previous?.type === 'message' ? embeddedForm(previous.data.text) : '';
  return { standalone, contextual: leans && before !== '' ? `${before} ${standalone}` : undefined };
}
