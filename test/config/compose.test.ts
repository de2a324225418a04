import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../src/config/package-root.js';

interface Service {
  image?: string;
  environment?: Record<string, string>;
  healthcheck?: { test: string[] };
  networks?: string[];
  ports?: string[];
}

const read = (...path: string[]): string => readFileSync(join(packageRoot, ...path), 'utf8');
const compose = parse(read('compose.yaml')) as {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean }>;
};

describe('compose.yaml', () => {
  it('sets only variables that the service reads', () => {
    const variables = Object.keys(compose.services.sangdam!.environment!);
    // Which the table is compared with (environment.test.ts).
    const documented = [...read('docs', 'configuration.md').matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name]) => name);
    expect(variables.filter((name) => !documented.includes(name))).toEqual([]);
  });

  it('asks for every secret and names it in the example', () => {
    const asked = [...read('compose.yaml').matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name!);
    const example = read('compose.env.example');
    expect(asked.filter((name) => !new RegExp(`^${name}=`, 'm').test(example))).toEqual([]);
    for (const secret of [
      'POSTGRES_PASSWORD',
      'LLAMA_API_KEY',
      'SANGDAM_SECRET',
      'SANGDAM_MASTER_KEY',
      'SANGDAM_OPERATOR_TOKEN',
    ])
      expect(example).toMatch(new RegExp(`^${secret}=$`, 'm'));
  });

  it('keeps the database and the model in a network without a way out, and the service off the outer address', () => {
    expect(compose.networks.inside).toEqual({ internal: true });
    const { database, llama, sangdam } = compose.services;
    for (const service of [database!, llama!]) {
      expect(service.networks).toEqual(['inside']);
      expect(service.ports).toBeUndefined();
      expect(service.healthcheck).toBeDefined();
    }
    for (const port of sangdam!.ports!) expect(port).toMatch(/^127\.0\.0\.1:/);
  });
});

describe('the CUDA packages of the image', () => {
  it('are those of node-llama-cpp', () => {
    const { version } = JSON.parse(read('node_modules', 'node-llama-cpp', 'package.json')) as { version: string };
    const { dependencies } = JSON.parse(read('vendor', 'cuda', 'package.json')) as {
      dependencies: Record<string, string>;
    };
    expect(new Set(Object.values(dependencies))).toEqual(new Set([version]));
  });
});
