import { AppError } from '../config/app-error.js';
import { YamlFile } from './yaml-file.js';

/**
 * The telephone numbers that may be shown to people (guardrails/phones.yaml). Everywhere else a number is written as
 * `{{phone:id}}`, so that a changed number is changed in one place and a wrong one cannot be made up.
 */
export class PhoneRegistry {
  private readonly digits: ReadonlySet<string>;

  private constructor(private readonly numbers: ReadonlyMap<string, string>) {
    this.digits = new Set([...numbers.values()].map(onlyDigits));
  }

  /** @throws AppError `rules.invalid` where the file does not fit. */
  static load(folder: string): PhoneRegistry {
    const phones = new YamlFile(folder, 'phones.yaml').root.need('phones');
    return new PhoneRegistry(
      new Map(
        phones.entries().map(([id, entry]) => {
          const number = entry.need('number').string();
          if (!/^\+?[\d-]{3,20}$/.test(number)) entry.need('number').fail('digits and hyphens');
          return [id, number];
        }),
      ),
    );
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

function onlyDigits(number: string): string {
  return number.replace(/\D/g, '');
}
