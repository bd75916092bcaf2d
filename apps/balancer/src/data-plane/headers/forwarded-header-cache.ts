// The headers that the balancer adds to requests, remembered in the form in which a lane sends them: the clients of one
// connection ask for the same host again and again, and the requests of a class have one demand.
import type { ResourceSpace, ResourceVector } from '@fairlead/scheduling';
import { demandHeaders } from './demand-headers.js';
import { hopFields, type Hop } from './header-rules.js';
import { VIA_PSEUDONYM } from './via-pseudonym.js';

/** What the forwarding headers of a request are made from. */
export interface ForwardableRequest {
  /** The other side of the connection, as in {@link Hop}. */
  readonly peer: Hop['peer'];
  /** `1.0` or `1.1`. */
  readonly httpVersion: string;
  /** A field by its name in lower case; undefined when it is absent. */
  readonly field: (name: string) => string | undefined;
  /** Whether `Host` is this one; `''` stands for none. */
  isHost(host: string): boolean;
}

/** Turns a raw header list into what a lane sends. */
export type Render<Form> = (headers: readonly string[]) => Form;

/** The headers of {@link hopFields} for the requests of one client connection. */
export class HopHeaderCache<Form> {
  private last: { readonly host: string; readonly httpVersion: string; readonly form: Form } | undefined;

  constructor(private readonly render: Render<Form>) {}

  of(request: ForwardableRequest): Form {
    const { last } = this;
    const { peer, httpVersion, field } = request;
    // Only then do they depend on nothing but the host and the version.
    const isCacheable = !peer.isProxy && field('via') === undefined;
    if (isCacheable && last && last.httpVersion === httpVersion && request.isHost(last.host)) return last.form;
    const hop = { peer, httpVersion, pseudonym: VIA_PSEUDONYM };
    const form = this.render(hopFields((name) => field(name) ?? '', hop));
    if (isCacheable) this.last = { host: field('host') ?? '', httpVersion, form };
    return form;
  }
}

/** `Compute`, `Storage` and `Fairlead-Demand` for the requests of a thread. A vector is not changed once it was given here. */
export class DemandHeaderCache<Form extends object> {
  private readonly byDemand = new WeakMap<ResourceVector, Form>();
  private lastDemand: ResourceVector | undefined;
  private last: Form | undefined;

  constructor(
    private readonly resources: ResourceSpace,
    private readonly render: Render<Form>,
  ) {}

  of(demand: ResourceVector): Form {
    if (demand === this.lastDemand && this.last) return this.last;
    let form = this.byDemand.get(demand);
    if (form === undefined) {
      form = this.render(demandHeaders(demand, this.resources));
      this.byDemand.set(demand, form);
    }
    this.lastDemand = demand;
    this.last = form;
    return form;
  }
}
