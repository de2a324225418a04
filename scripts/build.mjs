// dist/: the SQL and JSON schemas, the service (tsc), the widget and the pages (vite).
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const run = (name, ...args) =>
  execFileSync(join(root, 'node_modules', '.bin', name), args, { cwd: root, stdio: 'inherit' });

// Migrations are found by listing: one of another branch must not stay.
rmSync(join(root, 'dist', 'database', 'migrations'), { recursive: true, force: true });
cpSync(join(root, 'src'), join(root, 'dist'), {
  recursive: true,
  filter: (path) =>
    !relative(root, path).startsWith(join('src', 'web')) && (/\.(sql|json)$/.test(path) || !/\.\w+$/.test(path)),
});
run('tsc', '-p', 'tsconfig.build.json');
if (existsSync(join(root, 'vite.config.ts'))) run('vite', 'build', '--logLevel', 'warn');
rmSync(join(root, 'dist', 'web', 'assets'), { recursive: true, force: true }); // names with hashes: of the last build only
run('vite', 'build', '--config', 'vite.pages.config.ts', '--logLevel', 'warn');
