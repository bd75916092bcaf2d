// Parses a configuration file: into the complete configuration, or into all of its problems.
import type { Environment } from '@fairlead/configuration';
import type { z } from 'zod';
import type { BuildContext, TrafficDefaults } from './build/build-context.js';
import { defaultTraffic } from './build/default-traffic.js';
import { buildErrorPages } from './build/error-pages.js';
import { buildPool } from './build/pools.js';
import { checkRedirects } from './build/redirect-loops.js';
import { checkReferences } from './build/references.js';
import { buildRoute } from './build/routes.js';
import type { Problems, TrafficProblem } from './document/problems.js';
import { addIssues } from './document/schema-problems.js';
import { readDocument } from './document/source-document.js';
import type { PoolConfig } from './pool-config.js';
import type { RouteConfig } from './route-config.js';
import { nameSchema } from './schema/fields.js';
import { errorPageSchema, fileSchema } from './schema/file-schema.js';
import { poolSchema } from './schema/pool-schema.js';
import { routeSchema } from './schema/route-schema.js';
import { soundPart } from './schema/sound-part.js';
import { DEFAULT_POOL, type TrafficConfig } from './traffic-config.js';

/** What a configuration file is parsed with. */
export interface TrafficOptions {
  /** The name of the file in messages. */
  readonly file: string;
  readonly defaults: TrafficDefaults;
  /** The resources of the fleet. */
  readonly resourceNames: readonly string[];
  /** For `${VARIABLE}`. */
  readonly environment: Environment;
  /**
   * Returns the content of a text file: of a secret for `${file:/path}`, or of an error page. A relative path is one
   * from the folder of the configuration file. @throws {Error} when it cannot be read.
   */
  readonly readFile: (path: string) => string;
}

/** The file can be used. */
export interface ValidTraffic {
  readonly kind: 'valid';
  readonly traffic: TrafficConfig;
  /** The values of the variables and secret files in it: see `maskedTraffic`. */
  readonly secrets: ReadonlySet<string>;
}

/** The file cannot be used. */
export interface InvalidTraffic {
  readonly kind: 'invalid';
  /** All of them, in the order of the file; at least one. */
  readonly problems: readonly TrafficProblem[];
}

/** Parses the text of a configuration file. Reads no file by itself. */
export function parseTraffic(text: string, options: TrafficOptions): ValidTraffic | InvalidTraffic {
  const { file, defaults, resourceNames, readFile } = options;
  const { value, problems, secrets } = readDocument(text, file, options);
  if (value === undefined) return { kind: 'invalid', problems: problems.list };
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success) addIssues(problems, parsed.error.issues, value);

  const pools = Object.entries(asMapping(asMapping(value).pools));
  const poolNames = pools.map(([poolName]) => poolName);
  if (!poolNames.includes(DEFAULT_POOL)) poolNames.push(DEFAULT_POOL);
  const context: BuildContext = { problems, defaults, resourceNames, poolNames, readFile };
  const traffic: TrafficConfig = {
    pools: poolsOf(pools, context),
    routes: routesOf(asMapping(value).routes, context),
    errorPages: buildErrorPages(
      asList(asMapping(value).errorPages).map((page) => valid(errorPageSchema, page)),
      ['errorPages'],
      context,
    ),
  };
  return problems.areNone ? { kind: 'valid', traffic, secrets } : { kind: 'invalid', problems: problems.list };
}

/** The pools, of which what does not fit the schema is among the problems already. The default one is added at the end. */
function poolsOf(pools: readonly (readonly [string, unknown])[], context: BuildContext): readonly PoolConfig[] {
  const built = pools.flatMap(([poolName, value]) => {
    const path = ['pools', poolName];
    checkName(poolName, path, context.problems);
    const sound = soundPart(poolSchema, value ?? {});
    return sound === undefined ? [] : [buildPool(poolName, sound.value, path, context)];
  });
  const hasDefault = pools.some(([poolName]) => poolName === DEFAULT_POOL);
  return hasDefault ? built : [...built, ...defaultTraffic(context.defaults).pools];
}

/** The routes that are valid; without any in the file, one that sends all requests to the default pool. */
function routesOf(values: unknown, context: BuildContext): readonly RouteConfig[] {
  if (values === undefined) return defaultTraffic(context.defaults).routes;
  const files = asList(values);
  const names = routeNames(files, context.problems);
  const routes = files.flatMap((file, i) => {
    const path = ['routes', i];
    const sound = soundPart(routeSchema, file);
    if (sound === undefined || NEEDED.some((field) => sound.without.has(field))) {
      checkReferences(file, path, context);
      return [];
    }
    const route = buildRoute(sound.value, names[i], path, context);
    return route === undefined || sound.without.size > 0 ? [] : [route];
  });
  // With a route missing, requests could seem to match one after it.
  if (routes.length === files.length) checkRedirects(routes, context.problems);
  return routes;
}

/** The fields that others of a route depend on. */
const NEEDED = ['match', 'pool', 'pools', 'redirect', 'respond'];

/** The names of the routes, of which those that the file does not give are made from their places. */
function routeNames(files: readonly unknown[], problems: Problems): readonly string[] {
  const given = files.map((file) => asMapping(file).name);
  const names = given.map((name, i) => (typeof name === 'string' ? name : `route-${i + 1}`));
  for (const [i, name] of names.entries()) {
    const first = names.indexOf(name);
    if (first === i) continue;
    // The one whose name is in the file has to change.
    const [at, other] = given[i] === undefined ? [first, i] : [i, first];
    problems.add(['routes', at, 'name'], `must be unique: routes[${other}] has it too`, { given: name });
  }
  return names;
}

function checkName(text: string, path: readonly string[], problems: Problems): void {
  const parsed = nameSchema.safeParse(text);
  if (!parsed.success) problems.add(path, parsed.error.issues[0].message, { given: text, at: 'key' });
}

function valid<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

function asMapping(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
