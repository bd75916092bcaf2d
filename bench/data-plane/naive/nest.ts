// http-proxy-middleware in a Nest application, as its documentation shows for Express. Node strips types but does not
// support decorators, so `Module` is called as a function.
import { Module, RequestMethod, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Server } from 'node:http';
import { KEEP_ALIVE_MS, port, proxy } from './proxy.ts';

class ProxyModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    // A route keeps the URL; a mount would remove the path from it.
    consumer.apply(proxy).forRoutes({ path: '{*path}', method: RequestMethod.ALL });
  }
}
Module({})(ProxyModule);

const app = await NestFactory.create(ProxyModule, { bodyParser: false, logger: ['error'] });
(app.getHttpServer() as Server).keepAliveTimeout = KEEP_ALIVE_MS;
await app.listen(port, '127.0.0.1');
