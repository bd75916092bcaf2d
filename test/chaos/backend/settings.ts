// Settings of the backend program, and the messages between it and the harness.
import type { Behaviour, Leave, LeaveOptions } from '../scenario.ts';

/** Variable that holds the settings, as JSON. */
export const SETTINGS_VARIABLE = 'CHAOS_BACKEND';

export interface BackendSettings {
  readonly id: string;
  readonly port: number;
  /** `http://host:port` of Fairlead's control planes, the one to begin with first. */
  readonly controls: readonly string[];
  readonly journal: string;
  readonly behaviour: Required<Behaviour>;
  readonly resources: Readonly<Record<string, number>>;
  /** 0: without a lease. */
  readonly leaseSeconds: number;
  readonly closeIdleAfterMs: number | undefined;
  readonly registers: boolean;
  /** Whether it does so by the client of libs/registration. */
  readonly usesClient: boolean;
}

/** To the program. */
export type Order = { readonly behave: Behaviour } | { readonly leave: LeaveOptions };

/** From the program. */
export type Word = 'behaving' | { readonly left: Leave };

/** Path that pings go to. */
export const HEALTH_PATH = '/health';
