// What an exchange holds in place of a client and a request while it waits for its next one: a late callback fails here
// with a clear error, instead of touching another client's request.
import type { ReadRequest } from '../request/request-reader.js';
import type { DownstreamConnection } from './contracts.js';

function fail(): never {
  throw new Error('an exchange that serves no request was used');
}

export const NO_CLIENT: DownstreamConnection = {
  get socket() {
    return fail();
  },
  get requestRule() {
    return fail();
  },
  get isLastResponse() {
    return fail();
  },
  resumeReading: fail,
  relayInterimResponse: fail,
  onExchangeEnd: fail,
  onExchangeAbort: fail,
};

export const NO_REQUEST: ReadRequest = {
  client: '',
  get route() {
    return fail();
  },
  peer: { address: '', isProxy: false, tlsVersion: undefined, certificateSubject: undefined, mayDeclare: false },
  wantsPlacement: false,
  givenId: undefined,
  method: '',
  target: '',
  pool: '',
  demand: new Float64Array(0),
  classId: undefined,
  affinity: undefined,
  stickySlot: -1,
};
