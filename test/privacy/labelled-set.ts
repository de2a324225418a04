import { readExamples, type Example } from '../../evals/pii/labelled.js';
import { shipped } from '../../src/config/package-root.js';

export { agrees, type Example, type Labelled } from '../../evals/pii/labelled.js';

/** The examples of `evals/pii/<file>`; offsets in UTF-16 units. */
export function examplesOf(...file: string[]): Example[] {
  return readExamples(shipped('evals', 'pii', ...file));
}
