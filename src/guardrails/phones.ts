import { AppError } from '../config/app-error.js';
import { LOCALES, type Locale } from '../config/texts.js';
import { POLICY_CATEGORIES, type PolicyCategory } from './policy.js';
import { YamlFile, type YamlNode } from './yaml-file.js';

/** A line to be called at once, named in the customer's language. */
export interface UrgentLine {
  name: string;
  number: string;
}

/**
 * The telephone numbers that may be shown to people (guardrails/phones.yaml). Everywhere else a number is written as
 * `{{phone:id}}`, so that a changed number is changed in one place and a wrong one cannot be made up.
 */
export class PhoneRegistry {
  private readonly digits: ReadonlySet<string>;

  private constructor(
    private readonly numbers: ReadonlyMap<string, string>,
    private readonly urgentLines: ReadonlyMap<string, readonly UrgentLine[]>,
  ) {
    this.digits = new Set([...numbers.values()].map(onlyDigits));
  }

  /** @throws AppError `rules.invalid` where the file does not fit. */
  static load(folder: string): PhoneRegistry {
    const { root } = new YamlFile(folder, 'phones.yaml');
    const numbers = new Map(
      root
        .need('phones')
        .entries()
        .map(([id, entry]) => {
          const number = entry.need('number').string();
          if (!/^\+?[\d-]{3,20}$/.test(number)) entry.need('number').fail('digits and hyphens');
          return [id, number];
        }),
    );
    return new PhoneRegistry(numbers, urgentLines(root.get('urgent'), numbers));
  }

  ids(): string[] {
    return [...this.numbers.keys()];
  }

  /** @throws AppError `rules.invalid` for an id that is not in the registry. */
  number(id: string): string {
    const number = this.numbers.get(id);
    if (number === undefined) throw AppError.of('rules.invalid', { file: 'guardrails/phones.yaml', expected: `a phone ${id}` });
    return number;
  }

  /** The lines of a category (fixed-texts.yaml) that stand above the conversation; none for most. */
  urgent(category: PolicyCategory, locale: Locale): readonly UrgentLine[] {
    return this.urgentLines.get(`${category}/${locale}`) ?? [];
  }

  /** Whether a number, in any spelling, is listed. */
  has(number: string): boolean {
    return this.digits.has(onlyDigits(number));
  }

  /**
   * Puts numbers in the place of `{{phone:id}}`.
   * @throws AppError `rules.invalid` for an id that is not in the registry.
   */
  render(text: string): string {
    return text.replace(/\{\{phone:([^}]*)\}\}/g, (_, id: string) => this.number(id.trim()));
  }
}

function urgentLines(
  categories: YamlNode | undefined,
  numbers: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly UrgentLine[]> {
  const lines = new Map<string, readonly UrgentLine[]>();
  for (const [name, list] of categories?.entries() ?? []) {
    const category = POLICY_CATEGORIES.find((known) => known === name) ?? list.fail(`a known category instead of ${name}`);
    for (const locale of LOCALES)
      lines.set(
        `${category}/${locale}`,
        list.list().map((line) => {
          const id = line.need('phone').string();
          const number = numbers.get(id) ?? line.fail(`a phone of this file instead of ${id}`);
          return { name: line.need(locale).string(), number };
        }),
      );
  }
  return lines;
}

function onlyDigits(number: string): string {
  return number.replace(/\D/g, '');
}
