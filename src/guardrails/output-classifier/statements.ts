/**
 * A sentence and, where there are several, each statement in it: what has no end mark stands in one sentence with the next, and drowns in it.
 */
export function statementsOf(sentence: string): string[] {
  const statements = sentence.split(STATEMENT_END).map((statement) => statement.replace(WRAPPING, ''));
  return statements.length > 1 ? [sentence, ...statements] : statements;
}

/** Behind the ending of a Korean predicate, behind a quoted sentence, and where English goes over to Korean. */
const STATEMENT_END =
  /(?<=[가-힣](?:다|요|까|죠)[.!?…]?["'”’*_)\]]{0,3})\s+|(?<=[.!?:]["'”’*_]{1,3})\s+|(?<=[A-Za-z]{2}[.!?]?["'”’*_]{0,3})\s+(?=[가-힣])/u;
/** Quotation marks and markup around a statement. */
const WRAPPING = /^[\s"'“”‘’*_`>-]+|[\s"'“”‘’*_`]+$/gu;
