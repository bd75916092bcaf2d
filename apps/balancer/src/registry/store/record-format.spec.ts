import { ResourceSpace } from '@fairlead/scheduling';
import { describe, expect, it } from 'vitest';
import { RecordFormat, UnusableRecordError } from './record-format.js';
import { aRecord } from './store.fixture.js';

const format = new RecordFormat(new ResourceSpace(['compute', 'storage']));

function written(record = aRecord('a')): { format: number; backend: Record<string, unknown> } {
  return JSON.parse(format.encode(record)) as { format: number; backend: Record<string, unknown> };
}

describe('RecordFormat', () => {
  it('writes a backend that declared its resources in the format that earlier versions read', () => {
    expect(written()).toMatchObject({ format: 1, backend: { resources: { compute: 20, storage: 36 } } });
  });

  it('writes a backend that declared nothing in a format that earlier versions leave alone', () => {
    const record = aRecord('a', { capacity: undefined });
    expect(written(record).format).toBe(2);
    expect(written(record).backend).not.toHaveProperty('resources');
    expect(format.decodeNew('a', format.encode(record))).toEqual(record);
  });

  it.each([1, 2])('reads format %i with resources', (number) => {
    const text = JSON.stringify({ ...written(), format: number });
    expect(format.decodeNew('a', text)).toEqual(aRecord('a'));
  });

  it.each([
    ['a newer format', { format: 3 }, 'newer-format', "it has format 3, newer than this program's 2"],
    ['format 0', { format: 0 }, 'corrupt', 'format must be a whole number from 1 to 2'],
    ['half a format', { format: 1.5 }, 'corrupt', 'format must be a whole number from 1 to 2'],
    ['no format', { format: undefined }, 'corrupt', 'format must be a whole number from 1 to 2'],
    [
      'resources that are null',
      { backend: { ...written().backend, resources: null } },
      'corrupt',
      'backend.resources must be an object such as {"compute": 20, "storage": 36}',
    ],
    [
      'resources of another fleet',
      { backend: { ...written().backend, resources: { gpu: 1 } } },
      'unfit',
      "resources.gpu is unknown: this fleet's resources are compute, storage",
    ],
  ])('does not use a record with %s, and says why', (_, damage, problem, message) => {
    const read = () => format.decodeNew('a', JSON.stringify({ ...written(), ...damage }));
    expect(read).toThrow(expect.objectContaining({ problem }));
    expect(read).toThrow(UnusableRecordError);
    expect(read).toThrow(message);
  });
});
