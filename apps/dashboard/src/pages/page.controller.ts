// `/`, and `/frontend` as the first Fairlead called it: the live page.
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
