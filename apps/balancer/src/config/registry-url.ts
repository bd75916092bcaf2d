// The URL of a Redis server, or of the Sentinels that know which server is the master.

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** A Redis server to connect to. */
export interface RegistryUrl {
  /** The server itself; with `master`, the Sentinels. At least one. */
  readonly servers: readonly ServerAddress[];
  /** The name by which Sentinels know the server. Undefined: there are no Sentinels. */
  readonly master: string | undefined;
  readonly usesTls: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** The URL without user and password, for the log. */
  readonly shown: string;
}

export const REGISTRY_URL_FORM =
  'must be a URL such as redis://user:password@10.0.0.5:6379/0, rediss://… for TLS, or ' +
  'redis+sentinel://10.0.0.5:26379,10.0.0.6:26379/mymaster, with special characters percent-encoded';

const FORM = /^(rediss?)(\+sentinel)?:\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/([^?#]*))?$/;
const SERVER = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/;
const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;

/** Undefined where the text is no such URL. */
export function parseRegistryUrl(text: string): RegistryUrl | undefined {
  const [, scheme, sentinel, credentials, hosts = '', path = ''] = FORM.exec(text) ?? [];
  if (scheme === undefined) return undefined;
  const servers = hosts.split(',').map((each) => parseServer(each, sentinel ? SENTINEL_PORT : REDIS_PORT));
  const parts = path.split('/');
  const master = sentinel ? decode(parts.shift() ?? '') : undefined;
  const [database = '', ...rest] = parts;
  const login = parseCredentials(credentials);
  if (servers.includes(undefined) || (!sentinel && servers.length > 1) || login === undefined) return undefined;
  if (master === '' || (sentinel && master === undefined)) return undefined;
  if (rest.length > 0 || !/^\d{0,4}$/.test(database)) return undefined;
  return {
    servers: servers.filter((server) => server !== undefined),
    master,
    usesTls: scheme === 'rediss',
    ...login,
    database: Number(database),
    shown: `${scheme}${sentinel ?? ''}://${hosts}${path === '' ? '' : `/${path}`}`,
  };
}

function parseServer(text: string, defaultPort: number): ServerAddress | undefined {
  const [, host, port = String(defaultPort)] = SERVER.exec(text) ?? [];
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return undefined;
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** `user:password`, `:password` or `user`. */
function parseCredentials(text: string | undefined): Pick<RegistryUrl, 'user' | 'password'> | undefined {
  if (text === undefined) return { user: undefined, password: undefined };
  const parts = splitOnce(text, ':').map((part) => decode(part));
  if (parts.includes(undefined)) return undefined;
  const [user, password] = parts;
  return { user: user === '' ? undefined : user, password };
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
