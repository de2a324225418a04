import type { NestExpressApplication } from '@nestjs/platform-express';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { ChatSocketAdapter } from './chat/socket.adapter.js';
import { shipped } from './config/package-root.js';
import type { Settings } from './config/settings.js';
import { Knowledge, VectorUpkeep } from './knowledge/index.js';
import { OperatorAccess } from './operations/operator-access.js';

/** Only our own files and our own sockets; a host page of the bank sets its own policy. */
const securityHeaders = helmet({
  contentSecurityPolicy: {
    directives: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'", 'ws:', 'wss:'],
      upgradeInsecureRequests: null,
    },
  },
  // Banks embed /widget.js in pages of other origins.
  crossOriginResourcePolicy: { policy: 'cross-origin' },
});

/** The page of operators is not there for others. */
function onlyFor(access: OperatorAccess): RequestHandler {
  return (request, response, next) => {
    if (access.exists(request)) next();
    else response.status(404).end();
  };
}

/** Headers, pages, sockets and the knowledge of a service that is about to listen. */
export async function configureApplication(app: NestExpressApplication, settings: Settings): Promise<void> {
  app.set('trust proxy', settings.behindProxy ? 1 : false);
  app.disable('x-powered-by');
  app.use(securityHeaders);
  // /v1 reads its bodies itself, after it has checked who sends them.
  app.useBodyParser('json', { type: (request) => isParsed(request, 'application/json') });
  app.useBodyParser('urlencoded', { type: (request) => isParsed(request, 'application/x-www-form-urlencoded') });
  app.use('/operations', onlyFor(app.get(OperatorAccess, { strict: false })));
  const web = shipped('dist', 'web');
  app.use(compressed(web));
  // Public files: the widget on a bank's page fetches its texts from here.
  app.useStaticAssets(web, {
    maxAge: '5m',
    setHeaders: (response) => response.set('Access-Control-Allow-Origin', '*'),
  });
  app.useWebSocketAdapter(new ChatSocketAdapter(app, settings));
  app.enableShutdownHooks();
  await app.init();
  await app.get(Knowledge, { strict: false }).prepare();
  app.get(VectorUpkeep, { strict: false }).start();
}

function isParsed({ url, headers }: IncomingMessage, type: string): boolean {
  return !url?.startsWith('/v1/') && headers['content-type']?.split(';', 1)[0]!.trim().toLowerCase() === type;
}

/** Gives the files that the build compressed (vite.config.ts) to browsers that take them. */
function compressed(folder: string): RequestHandler {
  return (request, response, next) => {
    const type = /^\/[\w.-]+\.(js|json|css)$/.exec(request.path)?.[1];
    const encoding = type && existsSync(join(folder, `${request.path}.br`)) && request.acceptsEncodings('br', 'gzip');
    if (!type || (encoding !== 'br' && encoding !== 'gzip')) return next();
    response.type(type).set({ 'Content-Encoding': encoding, Vary: 'Accept-Encoding' });
    request.url = `${request.path}.${encoding === 'br' ? 'br' : 'gz'}`;
    next();
  };
}
