// Proves that the balancer's certificate can be replaced under load: every request is served, on open connections and on new
// ones.
import { accountOf, failures, isServed } from '../../account.ts';
import { journalOf, threeBackends } from '../../fleet.ts';
import type { BalancerUnderTest, Scenario } from '../../scenario.ts';
import { issueCertificate } from '../../support/certificate.ts';
import { until } from '../../../processes/until.ts';

const CHANGED = 'certificate-changed';
/** Few, so that clients keep making handshakes. */
const REQUESTS_PER_CONNECTION = '50';

export const scenario: Scenario = {
  number: 18,
  title: 'certificate replaced under load',
  bar: '0 failed, 0 resets; long form: 100 times',
  isSecure: true,
  async run(stage) {
    const backends = await threeBackends(stage);
    const variables = { MAX_REQUESTS_PER_CONNECTION: REQUESTS_PER_CONNECTION };
    const balancer = await stage.startBalancer({ backends, variables });
    const load = await stage.startLoad({ methods: ['GET', 'POST'] });
    const times = stage.isLong ? 100 : 3;
    for (let time = 1; time <= times; time++) {
      await issueCertificate(stage.folder);
      await until('the certificate to be replaced', async () => (await countOf(balancer, CHANGED)) >= time);
    }
    const records = await load.stop();
    const account = accountOf(records, journalOf(backends));
    const failed = records.filter((record) => !isServed(record));
    const rejected = await countOf(balancer, 'certificate-rejected');
    return {
      ...account,
      passed: account.lost + account.duplicated + account.wrong + rejected === 0,
      detail: `replaced ${times} times, ${rejected} rejected; ${failures(failed) || 'no failure'}`,
    };
  },
};

async function countOf({ control }: BalancerUnderTest, kind: string): Promise<number> {
  const text = await (await fetch(`${control}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`fairlead_events_total{kind="${kind}"}`));
  return Number(line?.split(' ')[1] ?? 0);
}
