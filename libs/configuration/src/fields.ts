// Schemas for the kinds of value an environment variable can hold. Each error message says what is allowed.
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { outermostIssue } from './outermost-issue.js';

/** A whole number from `min` to `max`, written in decimal digits. */
export function wholeNumber(min: number, max: number) {
  const allowed = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^-?\d{1,15}$/, allowed)
    .transform(Number)
    .refine((value) => value >= min && value <= max, allowed);
}

/** A finite decimal number from `min` to `max`. */
export function decimal(min: number, max: number) {
  return decimalOf('number', min, max);
}

/** A duration in seconds, fractions allowed, from `min` to `max`. */
export function seconds(min: number, max: number) {
  return decimalOf('number of seconds', min, max);
}

function decimalOf(noun: string, min: number, max: number) {
  const allowed = `must be a ${noun} from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}(\.\d{1,15})?$/, allowed)
    .transform(Number)
    .refine((value) => value >= min && value <= max, allowed);
}

/** A TCP port; 0 lets the system choose a free one. */
export function port() {
  return wholeNumber(0, 65_535);
}

/** `true`, `on`, `yes` or `1`; or `false`, `off`, `no` or `0`. */
export function flag() {
  const allowed = 'must be true or false (or on, off, yes, no, 1, 0)';
  return z
    .string()
    .toLowerCase()
    .refine((text) => ['true', 'on', '1', 'yes', 'false', 'off', '0', 'no'].includes(text), allowed)
    .transform((text) => ['true', 'on', '1', 'yes'].includes(text));
}

/** One of the given words. */
export function oneOf<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, { error: `must be one of ${words.join(', ')}` });
}

/** An absolute `http:` or `https:` URL without credentials, query or fragment; parsed into a `URL`. */
export function httpUrl() {
  const allowed = 'must be an http or https URL without credentials, query or fragment, such as http://127.0.0.1:9797';
  return z
    .string()
    .refine((text) => {
      const url = URL.parse(text);
      const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
      return url !== null && isHttp && !url.username && !url.password && !url.search && !url.hash;
    }, allowed)
    .transform((text) => new URL(text));
}

/** One or several of the URLs of {@link httpUrl}, separated by commas. */
export function httpUrlList() {
  return z
    .string()
    .transform((text) => text.split(',').map((each) => each.trim()))
    .pipe(z.array(httpUrl()));
}

/**
 * JSON text whose value fits `schema`. The error message gives the path of the outermost issue in the value; see
 * {@link outermostIssue}.
 */
export function jsonValue<Schema extends z.ZodType>(schema: Schema, example: string) {
  const allowed = `must be JSON such as ${example}`;
  return z.string().transform((text, context): z.output<Schema> => {
    const value = tryParseJson(text);
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const issue = outermostIssue(parsed.error.issues);
    const place = issue && issue.path.length > 0 ? `at ${issue.path.join('.')}: ` : '';
    const where = issue && value !== undefined ? ` (${place}${issue.message})` : '';
    context.addIssue({ code: 'custom', message: `${allowed}${where}` });
    return z.NEVER;
  });
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A comma-separated list of host names without ports, or the word `none`; parsed into a set of names in lower case. */
export function hostNames() {
  const allowed =
    'must be a comma-separated list of host names without ports, such as balancer,fairlead.example (or the word "none")';
  return z
    .string()
    .transform((text): ReadonlySet<string> => {
      const names = text.split(',').map((name) => name.trim().toLowerCase());
      return new Set(names.filter((name) => name !== 'none'));
    })
    .refine((names) => [...names].every(isHostName), allowed);
}

function isHostName(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => /^[a-z0-9_-]{1,63}$/.test(label));
}

/** Words for blocks of addresses. */
const BLOCK_WORDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['none', []],
  ['loopback', ['127.0.0.0/8', '::1/128']],
  // RFC 1918, RFC 6598 (shared between a provider and its customers) and RFC 4193.
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7']],
  ['any', ['0.0.0.0/0', '::/0']],
]);

/**
 * A comma-separated list of addresses, CIDR blocks and the words `loopback`, `private`, `any` and `none`; parsed into a
 * `BlockList`.
 */
export function cidrList() {
  const words = '"loopback", "private", "any", "none"';
  const allowed = `must be a comma-separated list of IP addresses or CIDR blocks (or the words ${words})`;
  return z.string().transform((text, context) => {
    const entries = text.split(',').map((entry) => entry.trim().toLowerCase());
    const list = tryBlockListOf(entries.flatMap((entry) => BLOCK_WORDS.get(entry) ?? [entry]));
    if (list) return list;
    context.addIssue({ code: 'custom', message: allowed });
    return z.NEVER;
  });
}

/** The addresses in these addresses and CIDR blocks. @throws {Error} when one of them is neither. */
export function blockListOf(blocks: readonly string[]): BlockList {
  const list = tryBlockListOf(blocks);
  if (!list) throw new Error(`not all of these are IP addresses or CIDR blocks: ${blocks.join(', ')}`);
  return list;
}

function tryBlockListOf(blocks: readonly string[]): BlockList | undefined {
  const list = new BlockList();
  return blocks.every((block) => addBlock(list, block)) ? list : undefined;
}

function addBlock(list: BlockList, block: string): boolean {
  const [address = '', prefix, ...rest] = block.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  const type = family === 6 ? 'ipv6' : 'ipv4';
  const bits = family === 6 ? 128 : 32;
  if (prefix === undefined) {
    list.addAddress(address, type);
    return true;
  }
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return false;
  list.addSubnet(address, Number(prefix), type);
  return true;
}
