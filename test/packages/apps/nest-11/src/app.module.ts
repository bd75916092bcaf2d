// The module of `nest new`, with RegistrationModule, whose options come by injection.
import { RegistrationModule } from '@fairlead/registration';
import { Module } from '@nestjs/common';
import { AppController } from './app.controller';
import { AppService } from './app.service';

const OPTIONS = {
  balancerUrl: process.env.BALANCER_URL ?? '',
  id: process.env.BACKEND_ID,
  resources: { compute: 20, storage: 36 },
  leaseSeconds: 30,
};

@Module({
  imports: [RegistrationModule.forRootAsync({ useFactory: () => Promise.resolve(OPTIONS) })],
  controllers: [AppController],
  providers: [AppService],
})
export class AppModule {}
