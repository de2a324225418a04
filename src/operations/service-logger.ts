import { Injectable } from '@nestjs/common';
import { Logger, PinoLogger } from 'nestjs-pino';

/** Nest's own accounts of how it puts itself together: for debugging, not for the log of every start. */
const BOOTSTRAP = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
  'WebSocketsController',
]);

/** The service's log: JSON lines by pino. */
@Injectable()
export class ServiceLogger extends Logger {
  constructor(logger: PinoLogger) {
    super(logger, {});
  }

  override log(message: unknown, ...optional: unknown[]): void {
    if (BOOTSTRAP.has(String(optional.at(-1)))) super.debug(message, ...optional);
    else super.log(message, ...optional);
  }
}
