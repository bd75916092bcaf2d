import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { poolOfClass, RequestClassifier } from './request-classifier.js';
import { RouteTemplates } from './route-template.js';

describe('a route template', () => {
  it.each([
    ['/', '/'],
    ['', '/'],
    ['/users', '/users'],
    ['/users/', '/users'],
    ['//users///17', '/users/{}'],
    ['/users/17?full=1', '/users/{}'],
    ['/users/17#top', '/users/{}'],
    ['/files/3f2504e0-4f89-11d3-9a0c-0305e82c3301/meta', '/files/{}/meta'],
    ['/blobs/9f86d081884c7d65', '/blobs/{}'],
    ['/blobs/507f1f77bcf86cd799439011', '/blobs/{}'],
    ['/reports/2026-11-22', '/reports/{}'],
    ['/tokens/eyJhbGciOiJIUzI1NiIsInR5', '/tokens/{}'],
    ['/api/v2/facade', '/api/v2/facade'],
    ['/a/b/c/d/e/f/g/h/i/j', '/a/b/c/d/e/f/g/h/**'],
    [`/${'x'.repeat(65)}`, '/{}'],
  ])('of %s is %s', (path, template) => {
    expect(new RouteTemplates().templateOf(path)).toBe(template);
  });

  it('replaces a segment with many values, and keeps the frequent values', () => {
    const routes = new RouteTemplates();
    for (let i = 0; i < 2000; i++) {
      routes.templateOf('/shop/search');
      routes.templateOf(`/shop/${wordNumber(i)}`);
    }
    expect(routes.templateOf('/shop/search')).toBe('/shop/search');
    expect(routes.templateOf(`/shop/${wordNumber(5000)}`)).toBe('/shop/{}');
    expect(routes.templateOf('/about')).toBe('/about');
  });

  it('recovers after a flood of made-up paths', () => {
    const routes = new RouteTemplates();
    for (let i = 0; i < 5000; i++) routes.templateOf(`/${wordNumber(i)}`);
    for (let i = 0; i < 60_000; i++) routes.templateOf(i % 40 === 0 ? '/rare' : '/common');
    expect(routes.templateOf('/rare')).toBe('/rare');
  });

  it('of a template is that template', () => {
    fc.assert(
      fc.property(fc.webPath(), (path) => {
        const routes = new RouteTemplates();
        const template = routes.templateOf(path.slice(0, 200));
        expect(routes.templateOf(template)).toBe(template);
      }),
    );
  });
});

describe('a request class', () => {
  const traits = { method: 'GET', target: '/users/1', bodyBytes: 0 };

  it('consists of the method, the route and the power of two below the size of the body', () => {
    const classifier = new RequestClassifier(10, () => {});
    const classId = classifier.classify(traits);
    expect(classifier.classify({ ...traits, target: '/users/2' })).toBe(classId);
    expect(classifier.classify({ ...traits, method: 'HEAD' })).not.toBe(classId);
    const upload = classifier.classify({ method: 'PUT', target: '/users/1', bodyBytes: 1024 });
    expect(classifier.classify({ method: 'PUT', target: '/users/1', bodyBytes: 2047 })).toBe(upload);
    expect(classifier.classify({ method: 'PUT', target: '/users/1', bodyBytes: 2048 })).not.toBe(upload);
    expect(classifier.nameOf(upload)).toBe('PUT /users/{} 2^10');
  });

  it('is forgotten when it is the least recently used, and its number is reused', () => {
    const forgotten: number[] = [];
    const classifier = new RequestClassifier(2, (classId) => forgotten.push(classId));
    const [a, b] = ['/a', '/b'].map((target) => classifier.classify({ ...traits, target }));
    classifier.classify({ ...traits, target: '/a' });
    expect(classifier.classify({ ...traits, target: '/c' })).toBe(b);
    expect(forgotten).toEqual([b]);
    expect(classifier.classify({ ...traits, target: '/a' })).toBe(a);
  });

  it('has a number below the limit that no other class has, for any requests', () => {
    const requests = fc.array(fc.tuple(fc.constantFrom('GET', 'PUT', '__proto__'), fc.webPath(), fc.nat()));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), requests, (limit, sequence) => {
        const owners = new Map<number, string | undefined>();
        const classifier = new RequestClassifier(limit, (classId) => owners.delete(classId));
        for (const [method, target, bodyBytes] of sequence) {
          const classId = classifier.classify({ method, target, bodyBytes });
          expect(classId).toBeLessThan(limit);
          expect([undefined, classifier.nameOf(classId)]).toContain(owners.get(classId));
          owners.set(classId, classifier.nameOf(classId));
        }
      }),
    );
  });
});

/** Words without digits, all different: `aaab`, `aaac`, … */
function wordNumber(index: number): string {
  return [17576, 676, 26, 1].map((place) => String.fromCharCode(97 + (Math.floor(index / place) % 26))).join('');
}

describe('a repeated path', () => {
  const get = (target: string, bodyBytes = 0) => ({ method: 'GET', target, bodyBytes });

  it('stays in its class, and is in another with another method or size', () => {
    const classifier = new RequestClassifier(10, () => {});
    const classId = classifier.classify(get('/a'));
    for (let i = 0; i < 50; i++) expect(classifier.classify(get('/a'))).toBe(classId);
    expect(classifier.classify({ ...get('/a'), method: 'POST' })).not.toBe(classId);
    expect(classifier.classify(get('/a', 100))).not.toBe(classId);
    expect(classifier.classify(get('/a'))).toBe(classId);
  });

  it('counts once per request, so that it stays a route of its own among many values', () => {
    const classifier = new RequestClassifier(10_000, () => {});
    for (let i = 0; i < 2000; i++) {
      for (let times = 0; times < 3; times++) classifier.classify(get('/shop/search'));
      classifier.classify(
        get(`/shop/${'abcdefghij'[i % 10]}${'klmnopqrst'[Math.floor(i / 10) % 10]}${i.toString(36)}`),
      );
    }
    const name = (path: string) => classifier.nameOf(classifier.classify(get(path)));
    expect(name('/shop/search')).toBe('GET /shop/search');
    expect(name('/shop/never-seen')).toBe('GET /shop/{}');
  });

  it('becomes variable with its segment although the path is remembered', () => {
    const classifier = new RequestClassifier(10_000, () => {});
    const before = classifier.classify(get('/shop/first'));
    expect(classifier.nameOf(before)).toBe('GET /shop/first');
    for (let i = 0; i < 3000; i++) classifier.classify(get(`/shop/w${i}x`));
    for (let i = 0; i < 16; i++) classifier.classify(get('/shop/first'));
    expect(classifier.nameOf(classifier.classify(get('/shop/first')))).toBe('GET /shop/{}');
  });
});

describe('the class of a request to a pool', () => {
  it('is another one for each pool, named after it, and has none for the default pool', () => {
    const classifier = new RequestClassifier(10, () => {});
    const request = { method: 'GET', target: '/users/17', bodyBytes: 0 };
    const classes = ['', 'reports', 'files', '', 'reports'].map((pool) => classifier.classify(request, pool));
    expect(classes).toEqual([0, 1, 2, 0, 1]);
    const names = [0, 1, 2].map((classId) => classifier.nameOf(classId)!);
    expect(names).toEqual(['GET /users/{}', 'reports: GET /users/{}', 'files: GET /users/{}']);
    expect(names.map(poolOfClass)).toEqual(['', 'reports', 'files']);
  });
});
