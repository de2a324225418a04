import { Settings } from '../config/settings.js';
import {
  GUARDRAILS_FOLDER,
  InputRails,
  OutputClassifier,
  OutputRails,
  PassageRails,
  PhoneRegistry,
  RuleSet,
  SecondTier,
  type PolicyFinding,
} from '../guardrails/index.js';
import { ShippedEarlier } from '../models/earlier-embedders.js';
import { openEmbedder } from '../models/open-embedder.js';
import { PiiDetector, token, type PiiFinding } from '../privacy/index.js';
import { splitSentences } from '../text/sentences.js';
import type { Command, InputLine, OutputLine } from './command.js';
import { Fields } from './fields.js';

/** Nobody waits for an answer here: what is slow is judged too. */
const NO_HURRY = 60_000;

/** `{id,text,stage?,sources?}` → `{id,action,findings:[{category,rule,score,start,end}]}`; offsets of the original. */
export const guardCommand: Command = {
  name: 'guard',
  description: 'Check a text: {id,text,stage?:input|passage|output,sources?:[…]} → {id,action,findings}',
  reads: true,
  needs: 'nothing',
  async *run({ input }) {
    const rules = RuleSet.load(GUARDRAILS_FOLDER);
    const embedder = await openEmbedder(Settings.read());
    const earlier = new ShippedEarlier();
    try {
      yield* check(input, rules, await SecondTier.load(GUARDRAILS_FOLDER, embedder, earlier));
    } finally {
      await embedder.close();
      await earlier.close();
    }
  },
};

async function* check(
  input: AsyncIterable<InputLine>,
  rules: RuleSet,
  secondTier: SecondTier,
): AsyncGenerator<OutputLine> {
  const phones = PhoneRegistry.load(GUARDRAILS_FOLDER);
  const rails = {
    input: new InputRails(rules, secondTier, NO_HURRY),
    passage: new PassageRails(rules),
    output: new OutputRails(rules, phones, OutputClassifier.load(GUARDRAILS_FOLDER)),
  };
  const detector = new PiiDetector();
  for await (const line of input) {
    const fields = new Fields(line);
    const text = fields.text('text');
    const stage = fields.oneOf('stage', ['input', 'passage', 'output'], 'input');
    const personal = detector
      .detect(text)
      .filter((finding) => !(finding.type === 'PHONE' && phones.has(text.slice(finding.start, finding.end))));
    // As in a turn: rules read the masked text, in which a name is a name.
    const masked = new MaskedText(text, stage === 'input' ? personal : []);
    const verdict =
      stage === 'output'
        ? rails.output.check(text, fields.has('sources') ? { sources: fields.texts('sources') } : {})
        : stage === 'input'
          ? await rails.input.judge(masked.text)
          : rails.passage.check(masked.text);
    const omitted =
      stage === 'output' && fields.has('sources') ? omissionsIn(text, rails.output, fields.texts('sources')) : [];
    const action = verdict.action === 'pass' && personal.length > 0 && stage !== 'passage' ? 'mask' : verdict.action;
    yield {
      id: fields.id,
      action,
      findings: [
        ...verdict.findings.map((finding) => ({ ...finding, ...masked.original(finding.start, finding.end) })),
        ...omitted,
        ...personal.map(({ type, score, start, end }) => ({ category: type, rule: 'pii', score, start, end })),
      ],
    };
  }
}

/** Conditions that the sources attach to a sentence of the answer and the answer leaves out; reported, the turn adds them. */
function omissionsIn(answer: string, rails: OutputRails, sources: readonly string[]): PolicyFinding[] {
  const sentences = splitSentences(answer);
  return rails.omissions(sentences, { sources }).map(({ said, finding }) => {
    const sentence = sentences[said]!;
    const start = Math.max(0, answer.indexOf(sentence));
    return { ...finding, start, end: start + sentence.length };
  });
}

/** A text with its personal data masked, and the way back to the offsets of the original. */
class MaskedText {
  readonly text: string;
  /** Where each character of `text` starts and ends in the original. */
  readonly #spans: { start: number; end: number }[] = [];

  constructor(original: string, findings: readonly PiiFinding[]) {
    let text = '';
    let at = 0;
    const copyTo = (end: number): void => {
      for (; at < end; at++) {
        text += original[at];
        this.#spans.push({ start: at, end: at + 1 });
      }
    };
    for (const [index, { type, start, end }] of findings.entries()) {
      copyTo(start);
      const mask = token(type, index + 1);
      text += mask;
      for (let i = 0; i < mask.length; i++) this.#spans.push({ start, end });
      at = end;
    }
    copyTo(original.length);
    this.text = text;
  }

  original(start: number, end: number): { start: number; end: number } {
    return { start: this.#spans[start]?.start ?? 0, end: this.#spans[end - 1]?.end ?? 0 };
  }
}
