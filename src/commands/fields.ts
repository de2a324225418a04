import { AppError } from '../config/app-error.js';
import type { InputLine } from './command.js';

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Typed access to one line of input; every error names the line, the field and what was expected. */
export class Fields {
  readonly #line: number;
  readonly #object: Record<string, unknown>;

  constructor({ line, value }: InputLine) {
    this.#line = line;
    if (value === null || typeof value !== 'object' || Array.isArray(value)) throw this.#fail('a JSON object');
    this.#object = value as Record<string, unknown>;
  }

  /** The caller's id for the line, given back with the result; the line number where there is none. */
  get id(): string | number {
    const { id } = this.#object;
    return typeof id === 'string' || typeof id === 'number' ? id : this.#line;
  }

  has(name: string): boolean {
    return this.#object[name] !== undefined;
  }

  text(name: string): string {
    const value = this.#object[name];
    if (typeof value !== 'string') throw this.#fail(`"${name}": a string`);
    return value;
  }

  texts(name: string): string[] {
    const value = this.#object[name];
    if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
      throw this.#fail(`"${name}": an array of strings`);
    return value as string[];
  }

  objects(name: string): Record<string, unknown>[] {
    const value = this.#object[name];
    if (!Array.isArray(value) || value.some((item) => item === null || typeof item !== 'object'))
      throw this.#fail(`"${name}": an array of objects`);
    return value as Record<string, unknown>[];
  }

  oneOf<Value extends string>(name: string, values: readonly Value[], otherwise: Value): Value {
    const value = this.#object[name] ?? otherwise;
    if (!values.includes(value as Value)) throw this.#fail(`"${name}": one of ${values.join(', ')}`);
    return value as Value;
  }

  #fail(expected: string): AppError {
    return AppError.of('command.line', { line: this.#line, expected, field: 'line' });
  }
}
