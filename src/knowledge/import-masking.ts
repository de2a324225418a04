import type { PhoneRegistry } from '../guardrails/index.js';
import { PII_TYPES, PiiDetector, token, type PiiFinding } from '../privacy/index.js';
import type { KnowledgeDocument } from './document.js';
import type { Exemplar } from './exemplar.js';
import type { Passage } from './passages.js';

/**
 * Takes personal data out of what is imported, for good: a document has no conversation whose vault could keep it. The bank's own
 * numbers (guardrails/phones.yaml) and numbers of businesses stay.
 */
export class ImportMasking {
  private readonly detector = new PiiDetector();

  constructor(private readonly phones: PhoneRegistry) {}

  document(document: KnowledgeDocument): KnowledgeDocument {
    return {
      ...document,
      title: this.text(document.title),
      aliases: document.aliases.map((alias) => this.text(alias)),
    };
  }

  passage(passage: Passage): Passage {
    return { ...passage, heading: this.text(passage.heading), text: this.text(passage.text) };
  }

  exemplar(exemplar: Exemplar): Exemplar {
    return {
      ...exemplar,
      topic: this.text(exemplar.topic),
      question: this.text(exemplar.question),
      phrasings: exemplar.phrasings.map((phrasing) => this.text(phrasing)),
      answer: this.text(exemplar.answer),
    };
  }

  text(text: string): string {
    let masked = '';
    let at = 0;
    for (const finding of this.detector.detect(text)) {
      if (this.isBusiness(finding, text)) continue;
      masked += text.slice(at, finding.start) + token(finding.type);
      at = finding.end;
    }
    return masked + text.slice(at);
  }

  private isBusiness({ type, start, end }: PiiFinding, text: string): boolean {
    return PII_TYPES[type].tier === 4 || (type === 'PHONE' && this.phones.has(text.slice(start, end)));
  }
}
