// The controller of `nest new`. It shows the state of the registration too, which only injection can give it.
import { RegistrationService } from '@fairlead/registration';
import { Controller, Get } from '@nestjs/common';
import { AppService } from './app.service';

@Controller()
export class AppController {
  constructor(
    private readonly appService: AppService,
    private readonly registration: RegistrationService,
  ) {}

  @Get()
  getHello(): string {
    return `${this.appService.getHello()} I am ${this.registration.state.status}`;
  }
}
