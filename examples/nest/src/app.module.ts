// A Nest application that belongs to a Fairlead fleet while it runs.
import { RegistrationModule } from '@fairlead/registration';
import { Module } from '@nestjs/common';
import { AppController } from './app.controller.js';
import { settings } from './settings.js';

@Module({
  imports: [
    RegistrationModule.forRoot({
      balancerUrls: settings.balancerUrls,
      token: settings.token,
      id: settings.id,
      // Capacity, units per second.
      resources: { compute: 20, storage: 20 },
      pingPath: '/health',
      leaseSeconds: settings.leaseSeconds,
    }),
  ],
  controllers: [AppController],
})
export class AppModule {}
