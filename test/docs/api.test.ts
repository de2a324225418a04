import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RESTRICTED } from '../../src/chat/completion-request.js';
import { ERRORS } from '../../src/config/app-error.js';
import { shipped } from '../../src/config/package-root.js';

const document = readFileSync(shipped('docs', 'api.md'), 'utf8');

describe('docs/api.md', () => {
  it('names every parameter that is restricted', () => {
    for (const name of Object.keys(RESTRICTED)) expect(document).toContain(`\`${name}\``);
  });

  it('names every error of the endpoint and of identity tokens, with its status', () => {
    const codes = Object.entries(ERRORS).filter(([code]) =>
      /^(api|identity|parameter)\.|^limit\.(body|messages|concurrent)/.test(code),
    );
    expect(codes.length).toBeGreaterThan(8);
    for (const [code] of codes) expect(document).toContain(`\`${code}\``);
    for (const [, status, listed] of document.matchAll(/^\| (\d{3}) \| (.+?) \|/gm))
      for (const [, code] of listed!.matchAll(/`([a-z]+\.[a-z-]+)`/g))
        expect({ code, status: ERRORS[code as keyof typeof ERRORS] }).toEqual({ code, status: Number(status) });
  });
});
