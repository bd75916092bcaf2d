// What the port with TLS serves with, wherever a thread has it from.
import type { ServerMaterial } from '@fairlead/tls';
import { Replaceable } from './replaceable.js';

/** Undefined where there is no port with TLS. Also the injection token. */
export class ServerCredentials extends Replaceable<ServerMaterial | undefined> {}
