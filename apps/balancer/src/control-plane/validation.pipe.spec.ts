import { registrationSchema } from '@fairlead/contracts';
import { describe, expect, it } from 'vitest';
import { validationPipe } from './validation.pipe.js';

const RESOURCES = { compute: 20, storage: 36 };

describe('validationPipe', () => {
  const body = (schema: typeof registrationSchema) => ({ type: 'body' as const, schema });

  it('returns a body that fits', async () => {
    expect(await validationPipe.transform({ resources: RESOURCES }, body(registrationSchema))).toEqual({
      resources: RESOURCES,
    });
  });

  it('throws a 400 with one sentence for a body that does not fit', async () => {
    await expect(
      validationPipe.transform({ resources: RESOURCES, port: 0 }, body(registrationSchema)),
    ).rejects.toMatchObject({ status: 400, message: 'port must be a whole number from 1 to 65535, got 0' });
  });
});
