// Which balancer a command talks to: by flag, by variable, by the user's file, or the one on this machine.
import type { Environment } from '@fairlead/configuration';
import { DEFAULT_URL, type BalancerFlags } from '../invocation/balancer-flags.js';
import { readUserFile } from './user-file.js';

/** How to reach the control plane of a balancer. */
export interface BalancerSettings {
  /** Ends with a slash. */
  readonly url: URL;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  /** What said which token to use, for messages; undefined without a token. */
  readonly tokenSource: string | undefined;
  readonly caFile?: string | undefined;
}

/** Where settings come from, and what they are called there. */
interface Source extends BalancerFlags {
  readonly names: Readonly<Record<keyof BalancerFlags, string>>;
}

const FLAG_NAMES = { url: '--url', token: '--token', tokenFile: '--token-file', caFile: '--ca-file' };
const VARIABLE_NAMES = {
  url: 'BALANCER_URL',
  token: 'CONTROL_PLANE_TOKEN',
  tokenFile: 'CONTROL_PLANE_TOKEN_FILE',
  caFile: 'BALANCER_CA_FILE',
};

/**
 * Each setting comes from the first source that has it. A token counts as one setting, whether it is given by itself or
 * in a file. `others` are further addresses that get the same token. `onWarning` receives a sentence.
 *
 * @throws {Error} with a sentence that names the source.
 */
export function balancerSettings(
  flags: BalancerFlags,
  environment: Environment,
  onWarning: (message: string) => void,
  others: readonly URL[] = [],
): BalancerSettings {
  const file = readUserFile(environment, onWarning);
  const fileNames = { url: 'url', token: 'token', tokenFile: 'tokenFile', caFile: 'caFile' };
  const given: Source[] = [
    { ...withoutEmpty((key) => flags[key]), names: FLAG_NAMES },
    { ...withoutEmpty((key) => environment[VARIABLE_NAMES[key]]), names: VARIABLE_NAMES },
  ];
  const ofFile: Source = { ...file.settings, names: prefixed(fileNames, `${file.path}: `) };
  const url = urlOf([...given, ofFile]);
  // The secret of one balancer is not sent to another that a flag or a variable names.
  const urlOfFile = urlOf([ofFile]).href;
  const isOfFile = [url, ...others].every(({ href }) => href === urlOfFile);
  const sources = isOfFile ? [...given, ofFile] : given;
  return { url, ...tokenOf(sources), caFile: sources.find(({ caFile }) => caFile)?.caFile };
}

/** The address of a control plane, with a slash at its end. @throws {Error} that calls it `name`. */
export function controlPlaneUrl(name: string, text: string): URL {
  const url = URL.parse(text.endsWith('/') ? text : `${text}/`);
  const form = `${name} must be an http or https URL such as ${DEFAULT_URL}`;
  // What stands before an @ may be a password, so it is not repeated.
  if (text.includes('@')) throw new Error(`${form}, without a user name and a password: give a token by --token-file`);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new Error(`${form}, got ${JSON.stringify(text)}`);
}

function urlOf(sources: readonly Source[]): URL {
  const source = sources.find(({ url }) => url);
  return controlPlaneUrl(source?.names.url ?? '', source?.url ?? DEFAULT_URL);
}

function tokenOf(sources: readonly Source[]): Pick<BalancerSettings, 'token' | 'tokenFile' | 'tokenSource'> {
  const source = sources.find(({ token, tokenFile }) => token ?? tokenFile);
  if (source === undefined) return { tokenSource: undefined };
  const { token, tokenFile, names } = source;
  if (token && tokenFile) throw new Error(`${names.token} and ${names.tokenFile} exclude each other`);
  return { token, tokenFile, tokenSource: token ? names.token : names.tokenFile };
}

/** Shells and compose files pass an empty text for a variable that has no value. */
function withoutEmpty(valueOf: (key: keyof BalancerFlags) => string | undefined): BalancerFlags {
  const keys = Object.keys(FLAG_NAMES) as (keyof BalancerFlags)[];
  return Object.fromEntries(keys.map((key) => [key, valueOf(key) || undefined]));
}

function prefixed(names: Source['names'], prefix: string): Source['names'] {
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, `${prefix}${name}`])) as Source['names'];
}
