// Parses documents in tests, with the documented defaults and without files.
import { trafficDefaults } from './build/default-traffic.js';
import { problemText } from './document/problems.js';
import { parseTraffic, type TrafficOptions } from './parse-traffic.js';
import type { TrafficConfig } from './traffic-config.js';
import { trafficVariables } from './traffic-variables.js';

const NO_FILES = (path: string): string => {
  throw new Error(`${path} cannot be read: there is no such file`);
};

const someOptions = (): TrafficOptions => ({
  file: 'fairlead.yaml',
  defaults: trafficDefaults(trafficVariables.parse({}), Infinity),
  resourceNames: ['compute', 'storage'],
  environment: {},
  readFile: NO_FILES,
});

/** What a document comes to. */
export function parsed(text: string, options: Partial<TrafficOptions> = {}) {
  return parseTraffic(text, { ...someOptions(), ...options });
}

/** The configuration of a valid document. @throws {Error} with its problems. */
export function aTraffic(text: string, options: Partial<TrafficOptions> = {}): TrafficConfig {
  const result = parsed(text, options);
  if (result.kind === 'valid') return result.traffic;
  throw new Error(result.problems.map(problemText).join('\n'));
}

/** The problems of a document, each as one line. */
export function problemsOf(text: string, options: Partial<TrafficOptions> = {}): string[] {
  const result = parsed(text, options);
  return result.kind === 'valid' ? [] : result.problems.map(problemText);
}

/** The problems of a document named `fairlead.yaml`, without that name. */
export function saidOf(text: string, readFile: TrafficOptions['readFile'] = NO_FILES): string[] {
  return problemsOf(text, { readFile }).map((problem) => problem.replace('fairlead.yaml:', ''));
}

/** A document with one route, in one line. Its fields begin in column 12. */
export function aRouteOf(fields: string): string {
  return `routes: [{ ${fields} }]`;
}

/** A document with one pool, in one line. Its fields begin in column 15. */
export function aPoolOf(fields: string): string {
  return `pools: { a: { ${fields} } }`;
}
