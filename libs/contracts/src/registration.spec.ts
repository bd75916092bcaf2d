import { describe, expect, it } from 'vitest';
import { registrationSchema } from './registration.js';

const RESOURCES = { compute: 20, storage: 36 };

function problemsOf(body: unknown): string[] {
  const issues = registrationSchema.safeParse(body).error?.issues ?? [];
  return issues.map(({ path, message }) => `${path.join('.')} ${message}`);
}

describe('registrationSchema', () => {
  it('accepts a complete registration', () => {
    const body = {
      id: 'files-1',
      port: 8080,
      resources: RESOURCES,
      pingPath: '/health',
      leaseSeconds: 30,
      labels: { zone: 'a' },
    };
    expect(registrationSchema.parse(body)).toEqual(body);
  });

  it.each([{}, { port: 8080 }, { resources: {} }])('accepts %j, which declares no resources', (body) => {
    expect(registrationSchema.parse(body)).toEqual(body);
  });

  it.each([null, [], 20, 'compute=20'])('refuses %j in place of resources', (resources) => {
    expect(problemsOf({ resources })).toEqual(['resources must be an object such as {"compute": 20, "storage": 36}']);
  });

  it.each([
    [{ Compute: 1 }, 'resources.Compute'],
    [{ ...RESOURCES, 'g p u': 1 }, 'resources.g p u'],
  ])('reports the invalid name of a resource in %j', (resources, where) => {
    expect(problemsOf({ resources })).toEqual([
      `${where} is not a valid name: it must be 1 to 32 lower-case letters, digits and "-", beginning with a letter`,
    ]);
  });

  it('reports the invalid name of a label', () => {
    expect(problemsOf({ resources: RESOURCES, labels: { zone: '\ud800' } })).toEqual([
      'labels.zone must be well-formed Unicode',
    ]);
    expect(problemsOf({ resources: RESOURCES, labels: { Zone: 'a' } })).toEqual([
      'labels.Zone is not a valid name: it must be 1 to 32 lower-case letters, digits and "-", beginning with a letter',
    ]);
  });

  it('shows an example for a value that is not an object', () => {
    expect(problemsOf({ resources: 20, labels: 'zone=a' })).toEqual([
      'resources must be an object such as {"compute": 20, "storage": 36}',
      'labels must be an object such as {"zone": "a"}',
    ]);
  });
});
