import { expect, it } from 'vitest';
import { executed, parseCommandStats, sent } from './command-stats.js';

const STATS = [
  '# Commandstats',
  'cmdstat_evalsha:calls=40,usec=900,usec_per_call=22.50,rejected_calls=0,failed_calls=0',
  'cmdstat_hget:calls=100,usec=90,usec_per_call=0.90,rejected_calls=0,failed_calls=0',
  'cmdstat_script|load:calls=2,usec=9,usec_per_call=4.50,rejected_calls=0,failed_calls=0',
  'cmdstat_info:calls=3,usec=99,usec_per_call=33.00,rejected_calls=0,failed_calls=0',
  'cmdstat_config|resetstat:calls=1,usec=4,usec_per_call=4.00,rejected_calls=0,failed_calls=0',
  '',
].join('\r\n');

it('counts what the server executed, without what the benchmark itself asked', () => {
  expect(executed(parseCommandStats(STATS))).toBe(142);
});

it('counts apart what balancers sent, because scripts execute commands too', () => {
  expect(sent(parseCommandStats(STATS))).toBe(42);
});
