import { registrationSchema } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { formatIssues } from './validation-message.js';

const RESOURCES = { compute: 20, storage: 36 };

/** The message for a registration that does not fit. */
function messageFor(body: unknown): string {
  return formatIssues(registrationSchema.safeParse(body).error!.issues, body);
}

describe('formatIssues', () => {
  it.each([
    [{ resources: { compute: -1, storage: 1 } }, 'resources.compute must be a number from 0 to 1000000000, got -1'],
    [{ resources: RESOURCES, port: '80' }, 'port must be a whole number from 1 to 65535, got "80"'],
    [
      { resources: RESOURCES, leaseSeconds: null },
      'leaseSeconds must be a number of seconds from 1 to 86400, got null',
    ],
  ])('ends with what was given in %j', (body, message) => {
    expect(messageFor(body)).toBe(message);
  });

  it.each([
    ['http://user:secret@10.0.0.1/', 'got "http://***@10.0.0.1/"'],
    ['http://secret@h', 'got "http://***@h"'],
    ['http://a:b@secret@h', 'got "http://***@h"'],
    ['http://h/@x?y', 'got "http://h/@x?y"'],
  ])('shows no credentials of %s', (url, given) => {
    expect(messageFor({ resources: RESOURCES, url })).toContain(given);
  });

  it('shows 50 characters of a long value', () => {
    expect(messageFor({ resources: RESOURCES, pingPath: 'x'.repeat(1000) })).toMatch(/, got "x{50}"$/);
  });

  it.each([
    [{ resources: [] }, 'resources must be an object such as {"compute": 20, "storage": 36}'],
    [null, 'the body: expected object, received null'],
    [{ resources: RESOURCES, url: 'http://a', port: 1 }, 'the body: give either url or port, not both'],
    [
      { resources: { Compute: 1 } },
      'resources.Compute is not a valid name: it must be 1 to 32 lower-case letters, digits and "-", beginning with a letter',
    ],
  ])('does not repeat an object, or the value of an invalid name in %j', (body, message) => {
    expect(messageFor(body)).toBe(message);
  });

  it('does not take an inherited property for a value', () => {
    expect(formatIssues([{ path: ['constructor', 'name'], message: 'is wrong' }], {})).toBe(
      'constructor.name is wrong',
    );
  });
});
