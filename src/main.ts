import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { AppModule } from './app.module.js';
import { configureApplication } from './application.js';
import { AdminToken } from './commands/admin.controller.js';
import { AppError } from './config/app-error.js';
import { Settings } from './config/settings.js';
import { localeOf, text } from './config/texts.js';
import { Database } from './database/database.js';
import { EmbeddedDatabase } from './database/embedded-database.js';
import { ChatModelSupervisor } from './models/chat-model-supervisor.js';
import { ServiceLogger } from './operations/service-logger.js';
import { showChatModel } from './operations/chat-model-progress.js';

const REQUIRED_NODE = 22;

const locale = localeOf(process.env.LC_ALL ?? process.env.LANG);

async function start(): Promise<void> {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < REQUIRED_NODE)
    throw AppError.of('config.invalid', {
      variable: 'node',
      value: process.version,
      expected: `${REQUIRED_NODE} or newer`,
    });
  const settings = Settings.read('service');
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(settings), {
    bufferLogs: true,
    autoFlushLogs: false, // a start that fails tells its error below, without Nest's account of it
    abortOnError: false,
    ...(settings.tls
      ? { httpsOptions: { cert: readFileSync(settings.tls.cert), key: readFileSync(settings.tls.key) } }
      : {}),
  });
  app.useLogger(app.get(ServiceLogger));
  app.flushLogs();
  await configureApplication(app, settings);
  await app.listen(settings.port, settings.host).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw AppError.of(
      'config.invalid',
      { variable: 'PORT', value: settings.port, expected: 'a free port' },
      { cause: error },
    );
  });

  const { port } = app.getHttpServer().address() as AddressInfo;
  const database = app.get(Database);
  if (database instanceof EmbeddedDatabase)
    database.describeService({ pid: process.pid, port, token: app.get(AdminToken).value });
  const scheme = settings.tls ? 'https' : 'http';
  process.stdout.write(`${text('service.listening', { address: `${scheme}://${settings.host}:${port}` }, locale)}\n`);
  const supervisor = app.get(ChatModelSupervisor, { strict: false });
  supervisor.start();
  showChatModel(supervisor, process.stdout, locale);
}

process.stdout.on('error', () => undefined); // whoever reads our words may go (`npm start | head`): customers stay
process.removeAllListeners('warning'); // the store's lock uses node:sqlite, which Node 24 still calls experimental
start().catch((thrown: unknown) => {
  const error = AppError.from(thrown);
  process.stderr.write(`sangdam: ${error.body(locale).message} (${error.code})\n`);
  if (error.code === 'internal') process.stderr.write(`${(error.cause as Error)?.stack ?? String(error.cause)}\n`);
  process.exit(1);
});
