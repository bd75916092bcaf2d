// What the balancer says of itself in requests to backends, remembered: clients ask for the same host again and again.
import type { IncomingMessage } from 'node:http';
import type { ResourceSpace, ResourceVector } from '@fairlead/scheduling';
import type { ReadRequest } from '../request/request-reader.js';
import { demandHeaders } from '../headers/demand-headers.js';
import { hopFields } from '../headers/header-rules.js';
import { VIA_PSEUDONYM } from '../headers/via-pseudonym.js';

/** What a client was last said to have passed through. */
interface Remembered {
  readonly host: string | undefined;
  readonly httpVersion: string;
  readonly fields: readonly string[];
}

/** So many clients are remembered: beyond, the memory is emptied. */
const MOST_REMEMBERED = 10_000;

export class OwnRequestFields {
  private readonly byClient = new Map<string, Remembered>();
  private demand: ResourceVector = new Float64Array(0);
  private demandFields: readonly string[] = [];

  constructor(private readonly resources: ResourceSpace) {}

  /** Adds them to a raw header list. */
  addTo(headers: string[], request: IncomingMessage, client: ReadRequest): void {
    headers.push(...this.hopFieldsOf(request, client), ...this.demandFieldsOf(client));
  }

  private demandFieldsOf({ demand }: ReadRequest): readonly string[] {
    const isSame = demand.length === this.demand.length && demand.every((units, r) => units === this.demand[r]);
    if (!isSame) {
      this.demand = demand;
      this.demandFields = demandHeaders(demand, this.resources);
    }
    return this.demandFields;
  }

  private hopFieldsOf({ headers, httpVersion }: IncomingMessage, client: ReadRequest): readonly string[] {
    const { client: clientAddress, isTrusted } = client;
    const { host } = headers;
    const isUsual = !isTrusted && headers.via === undefined;
    const known = isUsual ? this.byClient.get(clientAddress) : undefined;
    if (known && known.host === host && known.httpVersion === httpVersion) return known.fields;
    const field = (name: string) => headers[name]?.toString() ?? '';
    const fields = hopFields(field, { clientAddress, isTrusted, httpVersion, pseudonym: VIA_PSEUDONYM });
    if (!isUsual) return fields;
    if (this.byClient.size >= MOST_REMEMBERED) this.byClient.clear();
    this.byClient.set(clientAddress, { host, httpVersion, fields });
    return fields;
  }
}
