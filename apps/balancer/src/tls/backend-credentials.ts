// What connections with TLS to backends are made with, wherever a thread has it from.
import type { ClientMaterial } from '@fairlead/tls';
import { Replaceable } from './replaceable.js';

/** Also the injection token. */
export class BackendCredentials extends Replaceable<ClientMaterial> {}
