import { describe, expect, it } from 'vitest';
import { jobPage } from './job-page.js';

const report = {
  backend: 'disk-1',
  host: 'box',
  method: 'GET',
  path: '/',
  demand: { compute: 3, storage: 1 },
  capacity: { compute: 20, storage: 36 },
  totals: { requests: 1, compute: 1234.5, storage: 7 },
};

describe('jobPage', () => {
  it('shows the backend, the demand of this request, and the totals', () => {
    const page = jobPage(report);
    for (const text of ['disk-1', 'box', '<td>3</td><td>1</td>', '<td>1,234.5</td><td>7</td>', '1 request served']) {
      expect(page).toContain(text);
    }
  });

  it('escapes values', () => {
    expect(jobPage({ ...report, host: '<script>' })).not.toContain('<script>');
  });
});
