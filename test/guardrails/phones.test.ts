import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot, shipped } from '../../src/config/package-root.js';
import { GUARDRAILS_FOLDER, PhoneRegistry } from '../../src/guardrails/index.js';

const phones = PhoneRegistry.load(GUARDRAILS_FOLDER);

describe('the telephone registry', () => {
  it('fills numbers in and knows them in any spelling', () => {
    expect(phones.render('경찰 {{phone:police}}, 고객센터 {{ phone:x }} {{phone:bank-centre}}')).toBe('경찰 112, 고객센터 {{ phone:x }} 1588-0000');
    expect(phones.has('1588 0000')).toBe(true);
    expect(phones.has('1393')).toBe(false);
  });

  it('names the lines to be called at once, in both languages, for crisis and fraud alone', () => {
    expect(phones.urgent('FRAUD_VICTIM', 'ko')).toEqual([
      { name: '고객센터', number: phones.number('bank-centre') },
      { name: '경찰', number: phones.number('police') },
      { name: '통합대응단', number: phones.number('fraud-centre') },
    ]);
    expect(phones.urgent('CRISIS', 'en').map(({ number }) => number)).toEqual(
      ['crisis', 'emergency', 'police'].map((id) => phones.number(id)),
    );
    expect(phones.urgent('OFF_TOPIC', 'ko')).toEqual([]);
  });

  it('refuses an id that is not registered', () => {
    expect(() => phones.render('{{phone:nobody}}')).toThrow(expect.objectContaining({ code: 'rules.invalid' }));
    expect(() => phones.number('nobody')).toThrow(expect.objectContaining({ code: 'rules.invalid' }));
  });
});

/** Files that people's texts come from; folders of PII patterns and of examples hold made-up numbers on purpose. */
function textFiles(...folders: string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(shipped(folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(shipped(folder), name))
      .filter((path) => statSync(path).isFile() && /\.(?:ya?ml|md|txt)$/.test(path)),
  );
}

const NOT_FOR_PEOPLE = ['guardrails/phones.yaml', 'guardrails/pii/', 'guardrails/rules/'];

describe('the rest of the repository', () => {
  it('writes {{phone:id}} instead of digits: prompts, texts, the bank’s knowledge and the guardrails', () => {
    // Short numbers (112) are plain numbers as well; they count only where something calls them.
    const LONG = /(?<![\d.,-])(?:1[5-9]\d{2}-\d{4}|0\d{1,2}-\d{3,4}-\d{4}|\+82-[\d-]{7,})(?![\d-])/g;
    const SHORT = /(?<![\d.,~:-])(?:10[79]|11[289]|12[67]|13[0-9]|13[39][0-9])(?=(?:\(|번|으로|로|에|,|\s)*(?:전화|신고|연락|상담|번으로))/g;
    const found = textFiles('prompts', 'texts', join('data', 'bank'), 'guardrails')
      .map((path) => ({ file: relative(packageRoot, path), text: readFileSync(path, 'utf8') }))
      .filter(({ file }) => !NOT_FOR_PEOPLE.some((prefix) => file.startsWith(prefix)))
      .flatMap(({ file, text }) => {
        const shown = text.replace(/^\s*#.*$/gm, '');
        return [...shown.matchAll(LONG), ...shown.matchAll(SHORT)].map(([number]) => `${file}: ${number}`);
      });
    expect(found).toEqual([]);
  });

  it('names only registered ids', () => {
    const unknown = textFiles('texts', 'prompts', join('data', 'bank'), 'guardrails').flatMap((path) =>
      [...readFileSync(path, 'utf8').replace(/^\s*#.*$/gm, '').matchAll(/\{\{phone:([^}]*)\}\}/g)]
        .map(([, id]) => id!)
        .filter((id) => id !== 'ID' && !phones.ids().includes(id))
        .map((id) => `${relative(packageRoot, path)}: ${id}`),
    );
    expect(unknown).toEqual([]);
  });
});
