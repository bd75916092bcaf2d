// The live page, at `/` and at `/frontend`, its address in the first Fairlead.
import { Controller, Get, Res } from '@nestjs/common';
import type { Response } from 'express';
import { pageFile } from './public-files.js';

@Controller()
export class PageController {
  @Get(['/', 'frontend'])
  page(@Res() response: Response): void {
    response.sendFile(pageFile);
  }
}
