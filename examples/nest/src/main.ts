// Starts the backend. RegistrationModule registers it once it listens.
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { settings } from './settings.js';

const app = await NestFactory.create(AppModule);
// On SIGTERM it leaves the fleet, and serves until the balancer sends it no more requests.
app.enableShutdownHooks();
await app.listen(settings.port);
