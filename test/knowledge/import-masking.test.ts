import { describe, expect, it } from 'vitest';
import { GUARDRAILS_FOLDER, PhoneRegistry } from '../../src/guardrails/index.js';
import { ImportMasking } from '../../src/knowledge/import-masking.js';

const masking = new ImportMasking(PhoneRegistry.load(GUARDRAILS_FOLDER));

describe('the masking of imports', () => {
  it('takes personal data out of every text of an entry, and leaves numbers of businesses', () => {
    expect(masking.text('담당자 연락처 010-2345-6789')).toBe('담당자 연락처 [전화번호]');
    expect(masking.text('고객센터 1588-0000, 사업자번호 124-81-00998')).toContain('124-81-00998');
  });
});
