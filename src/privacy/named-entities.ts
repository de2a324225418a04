import { OnnxTokenClassifier } from '../models/onnx-token-classifier.js';
import type { ClassifiedSpan, TokenClassifier } from '../models/token-classifier.js';
import { token, type PiiFinding, type PiiType } from './types.js';

/** What configures the model's folder. */
export const NER_VARIABLE = 'SANGDAM_NER_MODEL';

/**
 * The labels of Korean named-entity models (KLUE and ETRI: PS, LC; NAVER and CoNLL: PER, LOC; KDPII: PS_NAME, LC_ADDRESS) that
 * are ours. All others are ignored: organisations and dates are no one's.
 */
const TYPES: Readonly<Record<string, PiiType>> = {
  PS: 'PERSON',
  PER: 'PERSON',
  PERSON: 'PERSON',
  PS_NAME: 'PERSON',
  LC: 'ADDRESS',
  LOC: 'ADDRESS',
  LOCATION: 'ADDRESS',
  ADDRESS: 'ADDRESS',
  LC_ADDRESS: 'ADDRESS',
};
/** Models are sure of most of what they say; below this they guess. */
const SURE = 0.7;

/**
 * Names and addresses that a model finds, beside those of the rules. Without a configured model it finds none. The model is asked
 * for whole texts: messages, and sentences before they are released.
 */
export class NamedEntities {
  /** No model: the rules alone. */
  static readonly NONE = new NamedEntities(undefined);

  constructor(private readonly classifier: TokenClassifier | undefined) {}

  /** @throws AppError `config.invalid` that names the variable, where the folder holds no usable model */
  static async open(folder: string | undefined): Promise<NamedEntities> {
    return folder === undefined
      ? NamedEntities.NONE
      : new NamedEntities(await OnnxTokenClassifier.open(folder, NER_VARIABLE));
  }

  /** Findings of one text; offsets in UTF-16 units of it. Rejects with `model.unavailable`: what was configured is needed. */
  async find(text: string): Promise<PiiFinding[]> {
    const spans = (await this.classifier?.classify(text)) ?? [];
    return spans.flatMap((span) => {
      const type = TYPES[span.label.toUpperCase()];
      if (type === undefined || span.score < SURE || !isOurs(type, span, text)) return [];
      return [{ start: span.start, end: span.end, type, score: span.score }];
    });
  }

  /** A text that is released, with `[이름]` and `[주소]` in the place of what the model finds. */
  async masked(text: string): Promise<string> {
    const found = await this.find(text);
    return found.reduceRight(
      (rest, { start, end, type }) => rest.slice(0, start) + token(type) + rest.slice(end),
      text,
    );
  }

  async close(): Promise<void> {
    await this.classifier?.close();
  }
}

/** A place without a number is nobody's address (강남, 부산), and one syllable nobody's name. Tokens of ours are neither. */
function isOurs(type: PiiType, { start, end }: ClassifiedSpan, text: string): boolean {
  const value = text.slice(start, end);
  if (/[[\]#]/.test(value)) return false;
  return type === 'ADDRESS' ? /\d/.test(value) : /\p{L}{2}/u.test(value);
}
