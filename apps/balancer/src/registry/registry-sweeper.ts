// Completes drains, removes backends whose lease has lapsed and ends ejections, twice a second.
import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { RegistryService } from './registry.service.js';

const SWEEP_INTERVAL_MS = 500;

@Injectable()
export class RegistrySweeper {
  constructor(private readonly registry: RegistryService) {}

  @Interval('registry sweep', SWEEP_INTERVAL_MS)
  sweep(): void {
    this.registry.sweep();
  }
}
