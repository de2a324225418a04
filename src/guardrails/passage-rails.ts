import type { PolicyFinding } from './policy.js';
import { RuleSet } from './rules.js';

/** `text` is what may go into a prompt: without hidden characters, HTML comments and links. */
export interface PassageVerdict {
  action: 'pass' | 'withhold';
  text: string;
  findings: PolicyFinding[];
  rulesVersion: string;
}

/** Retrieved text is data: a passage that speaks to the assistant is withheld, whoever wrote it. */
export class PassageRails {
  constructor(private readonly rules: RuleSet) {}

  check(text: string): PassageVerdict {
    const shown = strip(text);
    // The hidden parts are read too: they are gone from the prompt, but whoever put them there is not to be quoted.
    const findings = this.rules.findings('passage', text);
    const visible = findings.length === 0 && shown !== text ? this.rules.findings('passage', shown) : [];
    const all = [...findings, ...visible];
    const withheld = all.some((finding) => finding.score >= this.rules.settings.act);
    return { action: withheld ? 'withhold' : 'pass', text: shown, findings: all, rulesVersion: this.rules.version };
  }
}

const HIDDEN =
  /[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF9-\uFFFB\u{E0000}-\u{E0FFF}]/gu;

function strip(text: string): string {
  return text
    .replace(HIDDEN, '')
    .replace(/<!--[\s\S]{0,20000}?(?:-->|$)/g, '')
    .replace(/!?\[([^\]\n]{0,300})\]\([^)\n]{0,2000}\)/g, '$1')
    .replace(/<\/?(?:a|img|script|style|iframe|link)\b[^>]{0,2000}>/gi, '')
    .replace(/<?(?:https?|ftp|data|javascript):[^\s<>)"']{1,2000}>?/gi, '');
}
