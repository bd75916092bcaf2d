// The reference backend: joins the fleet and emulates compute and storage work.
import { logSettings } from '@fairlead/configuration';
import { RegistrationModule, type RegistrationOptions } from '@fairlead/registration';
import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { TerminusModule } from '@nestjs/terminus';
import { LoggerModule } from 'nestjs-pino';
import { backendConfig, type BackendConfig } from './config/backend.config.js';
import { BackendHealthController } from './health/health.controller.js';
import { JobController } from './jobs/job.controller.js';
import { WorkEmulator } from './work/work-emulator.js';

@Module({
  imports: [
    ConfigModule.forRoot({ load: [backendConfig], isGlobal: true, ignoreEnvFile: true }),
    LoggerModule.forRootAsync({
      inject: [backendConfig.KEY],
      useFactory: ({ log }: BackendConfig) => logSettings('backend', log),
    }),
    RegistrationModule.forRootAsync({ inject: [backendConfig.KEY], useFactory: registrationOptions }),
    TerminusModule.forRoot({ logger: false }),
  ],
  // The order matters: JobController matches every path.
  controllers: [BackendHealthController, JobController],
  providers: [WorkEmulator],
})
export class BackendModule {}

function registrationOptions(config: BackendConfig): RegistrationOptions {
  const { balancerUrls, caFile, token, tokenFile, id, url, leaseSeconds, renewEverySeconds } = config;
  const lease = { leaseSeconds, renewEverySeconds };
  const resources = config.declares === 'nothing' ? undefined : { ...config.capacity };
  return { balancerUrls, caFile, token, tokenFile, id, url, resources, ...lease, pingPath: '/health' };
}
