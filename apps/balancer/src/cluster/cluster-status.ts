// What the API says of the cluster, as the control plane asks for it.
import type { ClusterView } from '@fairlead/contracts';

/** Also the token by which Nest injects it. */
export abstract class ClusterStatus {
  /** Never rejects: while a shared registry is away, this is what was last known of it. */
  abstract read(): Promise<ClusterView>;
}
