import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { AppError } from '../config/app-error.js';
import { text, type Locale } from '../config/texts.js';

/** What a client may send, by event name. Shapes: protocol.schema.json. */
export interface ClientMessages {
  'conversation:open': {
    conversationId?: string;
    resumeToken?: string;
    after?: number;
    locale?: Locale;
    identity?: string;
  };
  'message:send': { clientMessageId: string; text: string };
  'turn:stop': Record<never, never>;
  'handoff:request': { reason?: string };
  'handoff:cancel': Record<never, never>;
  'feedback:give': {
    seq: number;
    rating: 'up' | 'down';
    reason?: 'wrong' | 'incomplete' | 'unclear' | 'other';
    comment?: string;
  };
  'conversation:continue': Record<never, never>;
  'conversation:close': Record<never, never>;
  typing: Record<never, never>;
}

export type ClientMessage = keyof ClientMessages;

/** The JSON Schemas of everything on the wire: one file for server, widget and tests. */
export const protocolSchema = JSON.parse(readFileSync(new URL('./protocol.schema.json', import.meta.url), 'utf8')) as {
  definitions: Record<string, object>;
};

const ajv = new Ajv({ schemas: [protocolSchema], strict: true, strictTypes: false, strictRequired: false });
const validators = new Map<string, ValidateFunction>();

function validator(definition: string): ValidateFunction {
  const known = validators.get(definition) ?? ajv.compile({ $ref: `sangdam:chat#/definitions/${definition}` });
  validators.set(definition, known);
  return known;
}

/**
 * Checks a payload and returns it typed.
 * @throws AppError `input.invalid` or `input.unknown-field` with the field and what was expected.
 */
export function parseClientMessage<Name extends ClientMessage>(
  name: Name,
  payload: unknown,
  locale: Locale,
): ClientMessages[Name] {
  const given = payload ?? {};
  const validate = validator(name);
  if (validate(given)) return given as ClientMessages[Name];
  throw toError(validate.errors![0]!, locale);
}

function toError(error: ErrorObject, locale: Locale): AppError {
  const path = error.instancePath.slice(1).replaceAll('/', '.');
  if (error.keyword === 'additionalProperties')
    return AppError.of('input.unknown-field', {
      field: printable((error.params as { additionalProperty: string }).additionalProperty),
    });
  const missing = (error.params as { missingProperty?: string }).missingProperty;
  const field = missing ?? (path || 'body');
  return AppError.of('input.invalid', { field, expected: expectation(error, locale) });
}

/** Field names come from the client: only what can be a name is said again. */
export function printable(name: string): string {
  return /^[\w.:-]{1,40}$/.test(name) ? name : '?';
}

const KEYWORDS = new Set([
  'required',
  'dependencies',
  'type',
  'enum',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
]);

function expectation(error: ErrorObject, locale: Locale): string {
  const params = error.params as Record<string, unknown>;
  const values: Record<string, string> = {};
  for (const [key, value] of Object.entries(params))
    values[key] = Array.isArray(value) ? value.join(', ') : String(value);
  return text(KEYWORDS.has(error.keyword) ? `schema.${error.keyword}` : 'schema.other', values, locale);
}
