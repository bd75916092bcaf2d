// What the environment says of traffic: the defaults of pools and routes, and all there is without a configuration file.
import { defaultTraffic, trafficDefaults, type TrafficConfig, type TrafficDefaults } from '@fairlead/traffic-config';
import type { BalancerConfig } from '../config/balancer.config.js';
import { maxBodyBytes } from '../config/traffic-limits.js';

/** What a pool and a route say when a file says nothing. */
export function defaultsOf(config: BalancerConfig): TrafficDefaults {
  return trafficDefaults(config, maxBodyBytes(config.TRAFFIC_LIMITS));
}

/** The traffic of a balancer without a configuration file: one pool, and one route to it. */
export function trafficWithoutFile(config: BalancerConfig): TrafficConfig {
  return defaultTraffic(defaultsOf(config));
}
