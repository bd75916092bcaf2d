// Looks twice a second for leases that have lapsed and drains that are complete.
import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { RegistryService } from './registry.service.js';

const SWEEP_INTERVAL_MS = 500;

@Injectable()
export class RegistrySweeper {
  constructor(private readonly registry: RegistryService) {}

  @Interval('lease sweep', SWEEP_INTERVAL_MS)
  sweep(): void {
    this.registry.sweep();
  }
}
