/**
 * A pattern of guardrails/rules/, compiled for the two views of a text: `plain` as it stands (lower case) and `tight`
 * without spaces and punctuation.
 */
export interface Pattern {
  plain: RegExp;
  tight: RegExp;
}

/** Word lists of guardrails/lexicon.yaml by name. */
export type Lexicon = ReadonlyMap<string, readonly string[]>;

/**
 * Compiles a pattern. It is an ECMAScript regular expression with two additions: a space is "a space or none", and
 * `{name}` is any word of that list. Its repetitions must be bounded, so that no text is expensive.
 * @throws PatternError with the reason.
 */
export function compilePattern(source: string, lexicon: Lexicon): Pattern {
  const expanded = expand(source, lexicon, 0);
  if (GAP_IN_FRONT.test(expanded)) throw new PatternError('a word at the start, not a gap');
  return compile(expanded);
}

/**
 * Checks one word of a list as `compilePattern` would check it inside a pattern.
 * @throws PatternError with the reason.
 */
export function checkWord(source: string, lexicon: Lexicon): void {
  compile(expand(source, lexicon, 1));
}

/** A match could start anywhere: the pattern would be tried at every character. */
const GAP_IN_FRONT = /^(?:\.|\[[^\]]*\])\{0?,?\d/;

function compile(expanded: string): Pattern {
  new StructureCheck(expanded).run();
  try {
    return { plain: new RegExp(expanded.replaceAll(' ', ' {0,2}'), 'gu'), tight: new RegExp(expanded.replaceAll(' ', ''), 'gu') };
  } catch (error) {
    throw new PatternError(error instanceof Error ? error.message : 'no regular expression', { cause: error });
  }
}

export class PatternError extends Error {}

/** A list may name lists that it is made of. */
const MAX_NESTING = 4;

function expand(source: string, lexicon: Lexicon, depth: number): string {
  return source.replace(/\{([a-z][a-z-]*)\}/g, (_, name: string) => {
    const words = lexicon.get(name);
    if (!words) throw new PatternError(`a known word list instead of {${name}}`);
    if (depth >= MAX_NESTING) throw new PatternError(`word lists that do not contain themselves ({${name}})`);
    return `(?:${words.map((word) => expand(word, lexicon, depth + 1)).join('|')})`;
  });
}

/** Longest gap, in characters. Two expressions further apart than this rarely belong together. */
const MAX_REPEAT = 60;
/** Upper bound of the ways in which the gaps of one pattern can be filled; times 4,000 characters it stays below 10 ms. */
const MAX_WAYS = 2_500;

interface Size {
  /** Number of lengths that this part can take, the product over a sequence. */
  ways: number;
  /** Holds a repetition with a choice of lengths. */
  varies: boolean;
}

/**
 * Rejects what can be slow: `*`, `+`, `{n,}`, back-references, repetitions inside repetitions, too many gaps in a row.
 * What is left is linear in the text, with a constant of `MAX_WAYS` at worst.
 */
class StructureCheck {
  private at = 0;

  constructor(private readonly source: string) {}

  run(): void {
    const size = this.alternatives();
    if (this.at < this.source.length) throw new PatternError('balanced brackets');
    if (size.ways > MAX_WAYS) throw new PatternError(`fewer or shorter gaps (${size.ways} ways, at most ${MAX_WAYS})`);
  }

  private alternatives(): Size {
    const size = this.sequence();
    while (this.source[this.at] === '|') {
      this.at++;
      const other = this.sequence();
      size.ways = Math.max(size.ways, other.ways);
      size.varies ||= other.varies;
    }
    return size;
  }

  private sequence(): Size {
    const size: Size = { ways: 1, varies: false };
    while (this.at < this.source.length && this.source[this.at] !== '|' && this.source[this.at] !== ')') {
      const atom = this.atom();
      const repeats = this.quantifier();
      if (repeats > 1 && atom.varies) throw new PatternError('no repetition inside a repetition');
      size.ways *= atom.ways * repeats;
      size.varies ||= atom.varies || repeats > 1;
    }
    return size;
  }

  private atom(): Size {
    const char = this.source[this.at]!;
    if (char === '\\') {
      if (/[1-9k]/.test(this.source[this.at + 1] ?? '')) throw new PatternError('no back-reference');
      this.at += /^\\[pPu]\{/.test(this.source.slice(this.at, this.at + 3)) ? this.source.indexOf('}', this.at) - this.at + 1 : 2;
    } else if (char === '[') this.at = this.classEnd();
    else if (char === ' ' && /[*+?{]/.test(this.source[this.at + 1] ?? ''))
      throw new PatternError('no repetition of a space, which is "a space or none" by itself');
    else if (char === '(') return this.group();
    else if (/[*+?{}\]]/.test(char)) throw new PatternError(`no ${char} at character ${this.at + 1}`);
    else this.at++;
    return { ways: 1, varies: false };
  }

  private group(): Size {
    this.at += /^\((?:\?(?::|=|!|<=|<!))?/.exec(this.source.slice(this.at, this.at + 4))![0].length;
    const size = this.alternatives();
    if (this.source[this.at] !== ')') throw new PatternError('balanced brackets');
    this.at++;
    return size;
  }

  private classEnd(): number {
    for (let at = this.at + 1; at < this.source.length; at++) {
      if (this.source[at] === ' ') throw new PatternError('\\s instead of a space in square brackets');
      if (this.source[at] === '\\') at++;
      else if (this.source[at] === ']') return at + 1;
    }
    throw new PatternError('balanced brackets');
  }

  /** How many lengths the repetition behind an atom allows; 1 for none and for `?`. */
  private quantifier(): number {
    const rest = this.source.slice(this.at, this.at + 8);
    if (/^[*+]/.test(rest)) throw new PatternError(`a bounded repetition instead of ${rest[0]}`);
    if (rest.startsWith('?')) {
      this.at++;
      return 1;
    }
    const braces = /^\{(\d{1,3})(,?)(\d{0,3})\}/.exec(rest);
    if (!braces) return 1;
    const [whole, low, comma, high] = braces;
    if (comma && !high) throw new PatternError(`a bounded repetition instead of ${whole}`);
    const most = Number(comma ? high : low);
    if (most > MAX_REPEAT) throw new PatternError(`a repetition of at most ${MAX_REPEAT}`);
    this.at += whole.length;
    return most - Number(low) + 1;
  }
}
