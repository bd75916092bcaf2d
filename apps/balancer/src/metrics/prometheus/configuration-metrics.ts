// What is known of certificates and of the configuration file.
import type { LoadTable } from '@fairlead/scheduling';
import type { CertificatesInUse } from '../../tls/certificates-in-use.js';
import type { ReloadStatus } from '../../traffic-config/reload-status.js';
import type { CollectedMetrics, Sample } from './collected-metrics.js';

/** Adds the metrics of TLS. */
export function addTlsMetrics(metrics: CollectedMetrics, table: LoadTable, certificates: CertificatesInUse): void {
  metrics.counter(
    'fairlead_tls_handshakes_total',
    'TLS handshakes of clients, by outcome: full, resumed or failed',
    ['outcome'],
    () => [
      [{ outcome: 'full' }, table.total('tlsHandshakes') - table.total('tlsResumptions')],
      [{ outcome: 'resumed' }, table.total('tlsResumptions')],
      [{ outcome: 'failed' }, table.total('tlsHandshakeErrors')],
    ],
  );
  metrics.counter('fairlead_tls_on_plain_port_total', 'Connections on the plain port that began with TLS', [], () => [
    [{}, table.total('tlsOnPlainPort')],
  ]);
  metrics.gauge(
    'fairlead_tls_certificate_expiry_timestamp_seconds',
    'When a certificate expires, in seconds since 1970',
    ['file'],
    () => certificates.list().map(({ file, expiresAtMs }): Sample => [{ file }, expiresAtMs / 1000]),
  );
}

/** Adds the metrics of the configuration file. */
export function addConfigurationMetrics(metrics: CollectedMetrics, reloads: ReloadStatus): void {
  metrics.counter('fairlead_configuration_reloads_total', 'Reloads of the configuration file', ['result'], () =>
    [...reloads.counts].map(([result, count]): Sample => [{ result }, count]),
  );
  metrics.gauge(
    'fairlead_configuration_last_reload_successful',
    '0 while the configuration file is invalid, and what was loaded before remains in force',
    [],
    () => [[{}, reloads.problems.length === 0 ? 1 : 0]],
  );
  metrics.gauge('fairlead_configuration_version', 'Grows with each configuration put in force', [], () => [
    [{}, reloads.version],
  ]);
  metrics.gauge(
    'fairlead_configuration_in_force_since_timestamp_seconds',
    'When the configuration was put in force, in seconds since 1970',
    [],
    () => [[{}, reloads.since.getTime() / 1000]],
  );
}
