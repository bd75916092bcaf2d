// http-proxy-middleware in a Nest application, as its documentation shows for Express. Node strips types, but knows no
// decorators: hence the call in place of `@Module`.
import { Module, RequestMethod, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Server } from 'node:http';
import { KEEP_ALIVE_MS, port, proxy } from './proxy.ts';

class ProxyModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    // With a method it is a route; without, a mount, and the path would be taken off the URL.
    consumer.apply(proxy).forRoutes({ path: '{*path}', method: RequestMethod.ALL });
  }
}
Module({})(ProxyModule);

const app = await NestFactory.create(ProxyModule, { bodyParser: false, logger: ['error'] });
(app.getHttpServer() as Server).keepAliveTimeout = KEEP_ALIVE_MS;
await app.listen(port, '127.0.0.1');
