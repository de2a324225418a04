import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot, shipped } from '../../src/config/package-root.js';
import { testFolder } from '../support/temp-folder.js';

/** `scripts/rooms.mjs` over a folder that holds src/: what it says and how it ends. */
function check(folder: string): { violations: string[]; status: number | null } {
  const { stderr, status } = spawnSync(process.execPath, [join(packageRoot, 'scripts', 'rooms.mjs'), folder], {
    encoding: 'utf8',
  });
  return { violations: stderr.split('\n').filter(Boolean), status };
}

/** A source tree of these files. */
function tree(files: Record<string, string>): string {
  const root = testFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, 'src', name)), { recursive: true });
    writeFileSync(join(root, 'src', name), content);
  }
  return root;
}

describe('imports between rooms', () => {
  it('point one way in our sources', () => {
    expect(check(packageRoot)).toEqual({ violations: [], status: 0 });
  });

  it('are caught when one of our sources turns round', () => {
    const root = testFolder();
    cpSync(shipped('src'), join(root, 'src'), { recursive: true });
    writeFileSync(join(root, 'src', 'text', 'planted.ts'), `// why\nimport { Turn } from '../conversation/turn.js';\n`);
    expect(check(root)).toEqual({
      violations: [
        'src/text/planted.ts:2: imports ../conversation/turn.js: text may not import conversation, which stands to its right',
      ],
      status: 1,
    });
  });

  it.each([
    ['a room to the right', 'config/a.ts', `import { b } from '../database/b.js';`, 'stands to its right'],
    ['a type alone', 'knowledge/a.ts', `import type { B } from '../conversation/b.js';`, 'stands to its right'],
    ['over several lines', 'models/a.ts', `import {\n  b,\n  c,\n} from '../text/b.js';`, 'stands to its right'],
    ['a re-export', 'text/a.ts', `export * from '../privacy/index.js';`, 'stands to its right'],
    ['at run time', 'chat/a.ts', `const b = await import('../commands/b.js');`, 'stands to its right'],
    ['for its effect', 'database/a.ts', `import '../operations/b.js';`, 'stands to its right'],
    ['the program', 'operations/a.ts', `import { AppModule } from '../app.module.js';`, 'stands to its right'],
    ['a room beside it', 'chat/a.ts', `import { b } from '../quality/b.js';`, 'beside each other'],
    [
      'Nest where there is none',
      'privacy/a.ts',
      `import { Injectable } from '@nestjs/common';`,
      'only the module file',
    ],
    ['a test', 'chat/a.ts', `import { b } from '../../test/chat/b.js';`, 'does not import tests'],
    ['a test beside it', 'chat/a.ts', `import { b } from './b.test.js';`, 'does not import tests'],
    ['what is outside of src', 'chat/a.ts', `import { b } from '../../scripts/b.mjs';`, 'only what is in src/'],
    ['pages', 'chat/a.ts', `import { b } from '../web/widget/b.js';`, 'nobody imports src/web'],
    ['server code in a page', 'web/a.tsx', `import { b } from '../conversation/b.js';`, 'only the types'],
    ['other types in a page', 'web/a.tsx', `import type { B } from '../database/b.js';`, 'only the types'],
    ['a room that nobody placed', 'billing/a.ts', ``, 'no known room'],
  ])('are refused: %s', (_, file, content, expected) => {
    const { violations, status } = check(tree({ [file]: content }));
    expect(violations).toEqual([expect.stringContaining(expected)]);
    expect(violations[0]).toMatch(new RegExp(`^src/${file}:1: `));
    expect(status).toBe(1);
  });

  it('come through the door of a room that has one', () => {
    const guardrails = { 'guardrails/index.ts': '', 'guardrails/rails.ts': '', 'guardrails/guardrails.module.ts': '' };
    const importing = (path: string): string =>
      tree({ ...guardrails, 'chat/a.ts': `import { a } from '../guardrails/${path}';` });
    expect(check(importing('index.js')).status).toBe(0);
    expect(check(importing('guardrails.module.js')).status).toBe(0);
    expect(check(importing('rails.js')).violations).toEqual([expect.stringContaining('import ../guardrails/index.js')]);
  });

  it.each([
    ['a room to the left', 'chat/a.ts', `import { b } from '../text/b.js';`],
    ['its own files', 'text/a.ts', `import { b } from './b.js';\nexport { c } from './deep/c.js';`],
    ['Nest in a module file', 'privacy/privacy.module.ts', `import { Module } from '@nestjs/common';`],
    [
      'everything in the program',
      'main.ts',
      `import { b } from './commands/b.js';\nimport { c } from './app.module.js';`,
    ],
    ['types of events in a page', 'web/a.ts', `import type { E } from '../conversation/events.js';`],
    ['types named one by one', 'web/a.ts', `import { type E, type F } from '../conversation/events.js';`],
    ['the schema in a page', 'web/a.ts', `import schema from '../chat/protocol.schema.json' with { type: 'json' };`],
    [
      'what only a comment says',
      'text/a.ts',
      `// import { b } from '../chat/b.js';\n/** import { c } from '../chat/c.js' */`,
    ],
  ])('are allowed: %s', (_, file, content) => {
    expect(check(tree({ [file]: content }))).toEqual({ violations: [], status: 0 });
  });
});
