// What the backend serves: its health, which the balancer pings, and a greeting at every other path.
import { All, Controller, Get, HttpCode, Req } from '@nestjs/common';
import { settings } from './settings.js';

@Controller()
export class AppController {
  @Get('health')
  health(): string {
    return 'ok\n';
  }

  @All('{*path}')
  @HttpCode(200)
  greet(@Req() { method, url }: { method: string; url: string }): string {
    return `${method} ${url}, served by ${settings.id}\n`;
  }
}
