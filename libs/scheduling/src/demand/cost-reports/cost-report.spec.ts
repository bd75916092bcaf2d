// ORCA reports in every form: golden vectors from Google's own encoder (golden/remake.sh), and invalid reports.
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBinaryCostReport, parseCostReport } from './cost-report.js';

const vectorsFile = new URL('golden/orca-vectors.json', import.meta.url);
const VECTORS = JSON.parse(readFileSync(vectorsFile, 'utf8')) as Record<string, string>;

function costOf(value: string): Record<string, number> | string {
  const report = parseCostReport(value);
  return report.ok ? Object.fromEntries(report.cost) : report.reason;
}

describe('BIN', () => {
  it.each([
    ['request-cost', { compute: 3, storage: 0.5 }],
    ['named-metrics', 'empty'],
    ['every-field', { compute: 7 }],
    ['zero-cost', { compute: 0 }],
    ['unicode-name', { mémoire: 1 }],
    ['no-cost', {}],
    ['nan', 'out-of-range'],
    ['infinite', 'out-of-range'],
    ['negative', 'out-of-range'],
    ['huge', 'out-of-range'],
    ['nameless', 'malformed'],
  ])('reads %s as protoc wrote it', (name, expected) => {
    expect(costOf(`BIN ${VECTORS[name]}`)).toEqual(expected);
  });

  it('reads the older header, which is base64 only, with or without padding', () => {
    const bare = VECTORS['request-cost'].replaceAll('=', '');
    for (const value of [VECTORS['request-cost'], bare]) {
      expect(parseBinaryCostReport(value)).toEqual(parseCostReport(`BIN ${VECTORS['request-cost']}`));
    }
  });

  it('rejects a duplicate name, although protobuf lets the last one win', () => {
    const message = Buffer.from(VECTORS['zero-cost'], 'base64');
    expect(costOf(`BIN ${Buffer.concat([message, message]).toString('base64')}`)).toBe('duplicate');
  });

  it('rejects every truncated report', () => {
    const message = Buffer.from(VECTORS['request-cost'], 'base64');
    for (let length = 1; length < message.length; length++) {
      if (length === message.length / 2) continue; // the end of the first entry: a whole report of one resource
      expect(costOf(`BIN ${message.subarray(0, length).toString('base64')}`), `${length} bytes`).toBe('malformed');
    }
  });

  it.each(['!!!!', 'a b', 'IhIK=B2N', 'A', '////////'])('rejects %j', (body) => {
    expect(costOf(`BIN ${body}`)).toBe('malformed');
  });
});

describe('JSON', () => {
  it.each([
    ['{"request_cost":{"compute":3,"storage":0.5}}', { compute: 3, storage: 0.5 }],
    ['{"requestCost":{"compute":"3e0"}}', { compute: 3 }],
    ['{"named_metrics":{"compute":9,"gpu":-1},"request_cost":{"compute":3}}', { compute: 3 }],
    ['{"namedMetrics":{"compute":9}}', 'empty'],
    ['{"utilization":{"compute":0.9}}', {}],
    ['{"cpu_utilization":0.3,"rps_fractional":{"a":[1]},"request_cost":{"compute":3}}', { compute: 3 }],
    ['{"utilization":{"disk":[1,{"a":2}]},"request_cost":{"compute":3}}', 'out-of-range'],
    ['{"request_cost":{"a:\\"b":1}}', { 'a:"b': 1 }],
    ['{}', 'empty'],
    ['{"cpu_utilization":0.3}', {}],
    ['[]', 'malformed'],
    ['null', 'malformed'],
    ['{"request_cost":3}', 'malformed'],
    ['{"request_cost":{"compute":3}', 'malformed'],
    ['{"request_cost":{"compute":null}}', 'out-of-range'],
    ['{"request_cost":{"compute":"NaN"}}', 'out-of-range'],
    ['{"request_cost":{"compute":1e999}}', 'out-of-range'],
    ['{"request_cost":{"compute":1000001}}', 'out-of-range'],
    ['{"request_cost":{"compute":-0.1}}', 'out-of-range'],
    ['{"request_cost":{"compute":1,"compute":2}}', 'duplicate'],
    ['{"request_cost":{"compute":1,"c\\u006fmpute":2}}', 'duplicate'],
    ['{"request_cost":{"a":1},"request_cost":{"b":2}}', 'duplicate'],
    ['{"request_cost":{"a":1},"requestCost":{"a":2}}', 'duplicate'],
    [`{"utilization":${'['.repeat(4000)}${']'.repeat(4000)},"request_cost":{"a":1}}`, 'malformed'],
  ])('reads %s', (body, expected) => {
    expect(costOf(`JSON ${body}`)).toEqual(expected);
  });
});

describe('TEXT', () => {
  it.each([
    ['request_cost.compute=3, request_cost.storage=0.5', { compute: 3, storage: 0.5 }],
    ['cpu_utilization=0.3,named_metrics.compute=9,request_cost.compute=3', { compute: 3 }],
    ['request_cost.custom.name=.4', { 'custom.name': 0.4 }],
    ['named_metrics.compute=4', 'empty'],
    ['cpu_utilization=0.3', {}],
    ['application_utilization=0.3', 'empty'],
    ['', 'empty'],
    ['request_cost.compute', 'malformed'],
    ['request_cost.=1', 'malformed'],
    ['request_cost.compute=1,', 'malformed'],
    ['request_cost.compute=NaN', 'out-of-range'],
    ['request_cost.compute=0x10', 'out-of-range'],
    ['request_cost.compute=', 'out-of-range'],
    ['request_cost.compute=1, request_cost.compute=2', 'duplicate'],
    ['eps=1, eps=1, request_cost.compute=2', 'duplicate'],
  ])('reads %j', (body, expected) => {
    expect(costOf(`TEXT ${body}`)).toEqual(expected);
  });
});

describe('utilization', () => {
  const EVERY_FIELD = { disk: 0.4, cpu_utilization: 0.3, mem_utilization: 0.8 };

  function busyOf(value: string): Record<string, number> | string {
    const report = parseCostReport(value);
    return report.ok ? Object.fromEntries<number>([...report.utilization, ...report.gauges]) : report.reason;
  }

  it.each([
    [`BIN ${VECTORS['every-field']}`, EVERY_FIELD],
    ['JSON {"cpuUtilization":0.3,"memUtilization":"0.8","utilization":{"disk":0.4}}', EVERY_FIELD],
    ['TEXT cpu_utilization=0.3, mem_utilization=.8, utilization.disk=0.4', EVERY_FIELD],
    ['TEXT cpu_utilization=2', { cpu_utilization: 2 }],
    ['JSON {"cpu_utilization":-0.1}', 'out-of-range'],
    ['JSON {"mem_utilization":null}', 'out-of-range'],
    ['JSON {"utilization":0.5}', 'malformed'],
    ['JSON {"cpu_utilization":0.1,"cpuUtilization":0.2}', 'duplicate'],
    ['TEXT utilization.disk=NaN, request_cost.compute=3', 'out-of-range'],
    ['TEXT utilization.=1', 'malformed'],
    ['BIN CQ==', 'malformed'],
    ['BIN CAE=', 'malformed'],
  ])('reads %s', (value, expected) => {
    expect(busyOf(value)).toEqual(expected);
  });
});

describe('any form', () => {
  it.each(['', 'BIN', 'JSON{}', 'XML <a/>', 'constructor x', '__proto__ x', 'json {}'])(
    'rejects the form of %j',
    (value) => {
      expect(costOf(value)).toBe('unknown-form');
    },
  );

  it('rejects more than 8 KiB without parsing', () => {
    expect(costOf(`TEXT request_cost.compute=${'0'.repeat(2 ** 20)}`)).toBe('too-large');
  });

  it.each([
    `BIN ${VECTORS['prototype-name']}`,
    'JSON {"request_cost":{"__proto__":1,"constructor":2}}',
    'TEXT request_cost.__proto__=1, request_cost.constructor=2',
  ])('treats a name of the prototype like any other: %s', (value) => {
    const report = parseCostReport(value);
    expect(report.ok && [...report.cost]).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
    expect(Object.hasOwn(Object.prototype, '1')).toBe(false);
  });

  it('never throws, and accepts only finite amounts from 0 to a million', () => {
    const bodies = fc.oneof(fc.string(), fc.base64String(), fc.json());
    fc.assert(
      fc.property(fc.constantFrom('BIN', 'JSON', 'TEXT'), bodies, (form, body) => {
        const report = parseCostReport(`${form} ${body}`);
        if (!report.ok) return;
        const amounts = [report.cost, report.utilization, report.gauges].flatMap((each) => [...each.values()]);
        for (const amount of amounts) expect(amount).toSatisfy(isAcceptable);
      }),
    );
  });

  it('reads the same amounts from JSON and TEXT', () => {
    const names = fc.stringMatching(/^[a-z]{1,8}$/);
    fc.assert(
      fc.property(fc.dictionary(names, fc.double({ min: 0, max: 1e6, noNaN: true }), { minKeys: 1 }), (amounts) => {
        const text = Object.entries(amounts).map(([name, amount]) => `request_cost.${name}=${amount}`);
        expect(costOf(`TEXT ${text.join(',')}`)).toEqual(costOf(`JSON ${JSON.stringify({ request_cost: amounts })}`));
      }),
    );
  });
});

function isAcceptable(amount: number): boolean {
  return amount >= 0 && amount <= 1e6;
}
