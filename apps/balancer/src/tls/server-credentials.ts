// The credentials of a TLS port: from files in the main thread, from the main thread in the others.
import type { ServerMaterial } from '@fairlead/tls';
import { Replaceable } from './replaceable.js';

/** The certificates and keys of a TLS port; undefined if the port has no TLS. Also an injection token. */
export class ServerCredentials extends Replaceable<ServerMaterial | undefined> {}
