// The module builder that takes the options of RegistrationModule.
import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { RegistrationOptions } from './client/membership-options.js';

/** The base class of RegistrationModule, with `forRoot`, and the token by which its options are injected. */
export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<RegistrationOptions>({
  moduleName: 'Registration',
})
  .setClassMethodName('forRoot')
  .build();
