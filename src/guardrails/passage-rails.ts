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

  /** How long the check of one text may take, milliseconds. */
  get timeout(): number {
    return this.rules.settings.timeouts.passage;
  }

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

const INVISIBLE =
  /[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF9-\uFFFB\u{E0000}-\u{E0FFF}]/gu;

/** Styles by which a page hides text from people: not shown, no size, no colour of its own, off the page. */
const HIDING_STYLE =
  'display\\s{0,3}:\\s{0,3}none|visibility\\s{0,3}:\\s{0,3}hidden|opacity\\s{0,3}:\\s{0,3}0(?:\\.0{1,3})?(?![.\\d])|font-size\\s{0,3}:\\s{0,3}[01](?:\\.\\d{1,3})?(?:px|pt|em|rem|%)?(?![.\\d])|color\\s{0,3}:\\s{0,3}(?:white|transparent|#fff(?:fff)?(?![0-9a-f])|rgba?\\(255,\\s?255,\\s?255)|text-indent\\s{0,3}:\\s{0,3}-\\d{3}|(?:left|top)\\s{0,3}:\\s{0,3}-\\d{3}';
/** An element that shows nothing, up to its end tag (a nested one of the same name ends it early: the rest is then read as shown). */
const HIDDEN_ELEMENT = new RegExp(
  `<([a-z][a-z0-9]{0,15})\\b(?=[^<>]{0,2000}(?:${HIDING_STYLE}|\\shidden(?=[\\s>=])|aria-hidden="true"))[^<>]{0,2000}>[\\s\\S]{0,20000}?(?:</\\1>|$)`,
  'gi',
);

function strip(text: string): string {
  return text
    .replace(INVISIBLE, '')
    .replace(/<!--[\s\S]{0,20000}?(?:-->|$)/g, '')
    .replace(HIDDEN_ELEMENT, '')
    .replace(/<(script|style|template|noscript)\b[^<>]{0,2000}>[\s\S]{0,20000}?(?:<\/\1>|$)/gi, '')
    .replace(/!?\[([^\]\n]{0,300})\]\([^)\n]{0,2000}\)/g, '$1')
    .replace(/<\/?(?:a|img|iframe|link|object|embed)\b[^>]{0,2000}>/gi, '')
    .replace(/<?(?:https?|ftp|data|javascript):[^\s<>)"']{1,2000}>?/gi, '');
}
