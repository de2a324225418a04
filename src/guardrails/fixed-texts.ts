import { LOCALES, type Locale } from '../config/texts.js';
import type { PhoneRegistry } from './phones.js';
import { POLICY_CATEGORIES, type PolicyCategory } from './policy.js';
import { YamlFile, type YamlNode } from './yaml-file.js';

/**
 * The texts that answer a category without any generation (guardrails/fixed-texts.yaml), in both languages, with their
 * telephone numbers filled in at load. They need neither store nor model.
 */
export class FixedTexts {
  private constructor(private readonly texts: ReadonlyMap<string, string>) {}

  /** @throws AppError `rules.invalid` for an unknown category or phone id, a missing language or a missing `default`. */
  static load(folder: string, phones: PhoneRegistry): FixedTexts {
    const texts = new Map<string, string>();
    for (const [name, variants] of new YamlFile(folder, 'fixed-texts.yaml').root.need('texts').entries()) {
      const category = POLICY_CATEGORIES.find((known) => known === name) ?? variants.fail(`a known category instead of ${name}`);
      variants.need('default');
      for (const [variant, languages] of variants.entries())
        for (const locale of LOCALES) texts.set(keyOf(category, variant, locale), rendered(languages.need(locale), phones));
    }
    return new FixedTexts(texts);
  }

  /** The text of a category; its `default` where the variant has none of its own; undefined where the category has none. */
  text(category: PolicyCategory, locale: Locale, variant = 'default'): string | undefined {
    return this.texts.get(keyOf(category, variant, locale)) ?? this.texts.get(keyOf(category, 'default', locale));
  }

  /** Every text with its category, variant and language. */
  all(): { category: string; variant: string; locale: string; text: string }[] {
    return [...this.texts].map(([key, text]) => {
      const [category = '', variant = '', locale = ''] = key.split('/');
      return { category, variant, locale, text };
    });
  }
}

function keyOf(category: string, variant: string, locale: string): string {
  return `${category}/${variant}/${locale}`;
}

function rendered(node: YamlNode, phones: PhoneRegistry): string {
  const text = node.string().trim().replace(/\s*\n\s*/g, ' ');
  for (const [, id] of text.matchAll(/\{\{phone:([^}]*)\}\}/g))
    if (!phones.ids().includes(id!)) node.fail(`a phone of phones.yaml instead of ${id}`);
  return phones.render(text);
}
