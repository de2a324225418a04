import {
  GUARDRAILS_FOLDER,
  InputRails,
  OutputRails,
  PassageRails,
  PhoneRegistry,
  RuleSet,
} from '../guardrails/index.js';
import { PiiDetector } from '../privacy/index.js';
import type { Command } from './command.js';
import { Fields } from './fields.js';

/** `{id,text,stage?,sources?}` → `{id,action,findings:[{category,rule,score,start,end}]}`. */
export const guardCommand: Command = {
  name: 'guard',
  description: 'Check a text: {id,text,stage?:input|passage|output,sources?:[…]} → {id,action,findings}',
  reads: true,
  needs: 'nothing',
  async *run({ input }) {
    const rules = RuleSet.load(GUARDRAILS_FOLDER);
    const phones = PhoneRegistry.load(GUARDRAILS_FOLDER);
    const rails = {
      input: new InputRails(rules),
      passage: new PassageRails(rules),
      output: new OutputRails(rules, phones),
    };
    const detector = new PiiDetector();
    for await (const line of input) {
      const fields = new Fields(line);
      const text = fields.text('text');
      const stage = fields.oneOf('stage', ['input', 'passage', 'output'], 'input');
      const personal = detector
        .detect(text)
        .filter((finding) => !(finding.type === 'PHONE' && phones.has(text.slice(finding.start, finding.end))))
        .map(({ type, score, start, end }) => ({ category: type, rule: 'pii', score, start, end }));
      const verdict =
        stage === 'output'
          ? rails.output.check(text, fields.has('sources') ? { sources: fields.texts('sources') } : {})
          : rails[stage].check(text);
      const action = verdict.action === 'pass' && personal.length > 0 && stage !== 'passage' ? 'mask' : verdict.action;
      yield { id: fields.id, action, findings: [...verdict.findings, ...personal] };
    }
  },
};
