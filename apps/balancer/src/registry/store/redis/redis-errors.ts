// What went wrong with a Redis server, as sentences for operators.
import { CertificateError } from '@fairlead/tls';
import { describeError } from '../../../net/network-error.js';
import { StoreEmptiedError, StoreError, StoreUnavailableError, StoreUnusableError } from '../registry-store.js';
import { EMPTIED, FOREIGN, NEWER_STORE, STORE_FORMAT } from './scripts/prelude.js';
import { TimeLimitError } from './time-limit.js';

type Kind = new (message: string, options?: ErrorOptions) => StoreError;

/** A rule for replies that begin with some text: what is wrong with the server. `$1` is the rest of the reply. */
type Rule = readonly [beginning: string, kind: Kind, sentence: string];

const RULES: readonly Rule[] = [
  [EMPTIED, StoreEmptiedError, 'was emptied'],
  [
    FOREIGN,
    StoreUnusableError,
    'keeps the fleet of another cluster, $1, under this prefix: set REGISTRY_PREFIX or CLUSTER_ID',
  ],
  [
    NEWER_STORE,
    StoreUnusableError,
    `has format $1 of a newer version of Fairlead; this one knows format ${STORE_FORMAT}: update this balancer`,
  ],
  ['WRONGPASS', StoreUnusableError, 'does not accept the user and password in REGISTRY_URL'],
  ['ERR invalid password', StoreUnusableError, 'does not accept the user and password in REGISTRY_URL'],
  ['ERR AUTH <password> called', StoreUnusableError, 'has no password, but REGISTRY_URL gives one'],
  ['ERR Client sent AUTH', StoreUnusableError, 'has no password, but REGISTRY_URL gives one'],
  ['NOAUTH', StoreUnusableError, 'asks for a password: put it into REGISTRY_URL, as in redis://:password@host'],
  ['NOPERM', StoreUnusableError, 'does not allow its user what the registry needs: $1'],
  ['ERR The user executing the script', StoreUnusableError, 'does not allow its user what the registry needs:$1'],
  ['ERR DB index is out of range', StoreUnusableError, 'has no database of the number in REGISTRY_URL'],
  ['ERR invalid DB index', StoreUnusableError, 'has no database of the number in REGISTRY_URL'],
  [
    'ERR SELECT is not allowed',
    StoreUnusableError,
    'is a Redis Cluster, which has only database 0: correct REGISTRY_URL',
  ],
  ['WRONGTYPE', StoreUnusableError, 'has keys of another program under this prefix: set REGISTRY_PREFIX'],
  ['READONLY', StoreUnavailableError, 'is a read-only replica: name its master in REGISTRY_URL, or its Sentinels'],
  ['OOM', StoreUnavailableError, 'is full: what it keeps has reached its maxmemory'],
  ['MISCONF', StoreUnavailableError, 'rejects changes, because it cannot write to its disk'],
  ['LOADING', StoreUnavailableError, 'is still loading its data'],
  ['BUSY', StoreUnavailableError, 'is busy with a script'],
];

/** Codes of certificates that are not trusted; the other codes of TLS come as they are. */
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** What an error means for the store `name`. */
export function storeErrorOf(error: unknown, name: string): StoreError {
  if (error instanceof StoreError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  const [kind, sentence] = explain(cause);
  return new kind(`${name} ${sentence}`, { cause });
}

/** Whether the connection is still good after this error: the server has responded. */
export function isReply(error: unknown): boolean {
  return error instanceof Error && /^[A-Z]{2,}( |$)/.test(error.message);
}

/** Whether the server cannot be written because another one is the master now. */
export function isFromReplica(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('READONLY');
}

function explain(error: Error): readonly [Kind, string] {
  const { message } = error;
  const rule = RULES.find(([beginning]) => message.startsWith(beginning));
  if (rule) return [rule[1], rule[2].replace('$1', () => message.slice(rule[0].length).trim())];
  if (isReply(error)) return [StoreUnavailableError, `rejects a command: ${message}`];
  if (error instanceof TimeLimitError) {
    return [StoreUnavailableError, `does not respond within ${error.limitMs / 1000} s`];
  }
  if (error instanceof CertificateError)
    return [StoreUnusableError, `cannot be verified (REGISTRY_CA_FILE): ${message}`];
  const { code = '' } = error as NodeJS.ErrnoException;
  if (UNTRUSTED.has(code)) {
    return [StoreUnusableError, 'has a certificate of an unknown authority: name it in REGISTRY_CA_FILE'];
  }
  if (/RESP/.test(message)) return [StoreUnusableError, 'does not respond as a Redis server does'];
  return [StoreUnavailableError, `cannot be reached: ${describeError(error)}`];
}
