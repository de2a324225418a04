import { Observation } from './observation.js';
import { hasText, text, type Locale } from './texts.js';

/** Every error that leaves the program: its stable code and the HTTP status it maps to. Messages: `texts/*.yaml`, `errors.<code>`. */
export const ERRORS = {
  'input.invalid': 400,
  'input.unknown-field': 400,
  'parameter.unsupported': 400,
  'message.empty': 400,
  'message.too-long': 413,
  'message.malformed': 400,
  'conversation.unknown': 404,
  'conversation.closed': 409,
  'conversation.forbidden': 403,
  'conversation.expired': 410,
  'identity.invalid': 401,
  'identity.expired': 401,
  'identity.unconfigured': 400,
  'event.unknown': 404,
  'limit.rate': 429,
  'limit.connections': 429,
  'limit.queue': 429,
  'limit.concurrent': 429,
  'limit.body': 413,
  'limit.messages': 413,
  'api.unauthorized': 401,
  'api.browser': 403,
  'api.unknown-path': 404,
  'store.unavailable': 503,
  'store.locked': 409,
  'store.migration-failed': 500,
  'backup.exists': 409,
  'backup.store-exists': 409,
  'backup.postgres': 400,
  'backup.invalid': 422,
  'backup.newer': 422,
  'backup.unreadable': 404,
  'backup.unwritable': 500,
  'backup.disk-full': 507,
  'privacy.failed': 500,
  'vault.wrong-key': 500,
  'vault.unknown-token': 404,
  'vault.damaged': 500,
  'vault.not-entitled': 403,
  'audit.unavailable': 503,
  'audit.damaged': 500,
  'quarantine.unknown': 404,
  'service.off': 503,
  'operator.absent': 404,
  'operator.unauthorised': 401,
  'operator.cross-origin': 403,
  'config.invalid': 400,
  'model.unavailable': 503,
  'embedder.unavailable': 503,
  'model.checksum': 502,
  'model.no-source': 502,
  'model.unknown': 404,
  'document.empty': 422,
  'document.binary': 422,
  'document.encoding': 422,
  'document.truncated': 422,
  'document.unsupported': 415,
  'document.invalid': 422,
  'document.encrypted': 422,
  'document.no-text': 422,
  'document.damaged': 422,
  'document.mismatch': 422,
  'document.save-as': 415,
  'document.too-large': 413,
  'document.unknown': 404,
  'rules.invalid': 500,
  'command.usage': 400,
  'command.line': 400,
  'eval.unknown-suite': 404,
  internal: 500,
} as const;

export type ErrorCode = keyof typeof ERRORS;
type Params = Readonly<Record<string, string | number>>;

/** An error reached a customer, an operator or the log. */
export const errorMet = new Observation<{ code: ErrorCode }>('error');

/** What clients get: a stable code, a message in their language, the field at fault where there is one. */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
  field?: string;
  safeText?: string;
  phones?: readonly { name: string; number: string }[];
}

/** An error from the catalogue. `params` fill the message and never hold a customer's text. */
export class AppError extends Error {
  private constructor(
    readonly code: ErrorCode,
    readonly params: Params,
    options?: ErrorOptions,
  ) {
    super(text(`errors.${code}`, spoken(params, 'ko')), options);
    this.name = 'AppError';
  }

  static of(code: ErrorCode, params: Params = {}, options?: ErrorOptions): AppError {
    return new AppError(code, params, options);
  }

  /** Any thrown value as an AppError; what is not ours becomes `internal` and keeps its cause for the log. */
  static from(thrown: unknown): AppError {
    return thrown instanceof AppError ? thrown : new AppError('internal', {}, { cause: thrown });
  }

  get status(): number {
    return ERRORS[this.code];
  }

  body(locale: Locale): ErrorBody {
    const field = this.params.field;
    return {
      code: this.code,
      message: text(`errors.${this.code}`, spoken(this.params, locale), locale),
      ...(typeof field === 'string' ? { field } : {}),
    };
  }
}

/** A reason travels as a code (`no-memory`); people read its text. */
function spoken(params: Params, locale: Locale): Params {
  const key = `model.reason.${params.reason}`;
  return hasText(key) ? { ...params, reason: text(key, {}, locale) } : params;
}
