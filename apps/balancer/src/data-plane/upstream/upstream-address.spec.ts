import { expect, it } from 'vitest';
import { targetOf } from './upstream-address.js';

it.each([
  ['http://backend', { host: 'backend', port: 80, pathPrefix: '', hostHeader: 'backend' }],
  ['http://backend:80', { host: 'backend', port: 80, pathPrefix: '', hostHeader: 'backend' }],
  ['http://10.0.0.7:8080', { host: '10.0.0.7', port: 8080, pathPrefix: '', hostHeader: '10.0.0.7:8080' }],
  ['http://10.0.0.7:8080/', { host: '10.0.0.7', port: 8080, pathPrefix: '', hostHeader: '10.0.0.7:8080' }],
  ['http://backend:80/a/b', { host: 'backend', port: 80, pathPrefix: '/a/b', hostHeader: 'backend' }],
  ['http://[2001:db8::7]', { host: '2001:db8::7', port: 80, pathPrefix: '', hostHeader: '[2001:db8::7]' }],
  ['http://[::1]:8080/a', { host: '::1', port: 8080, pathPrefix: '/a', hostHeader: '[::1]:8080' }],
])('%s leads to %j, without TLS', (url, target) => {
  expect(targetOf(url)).toEqual({ ...target, isSecure: false });
});

it.each([
  ['https://backend', { host: 'backend', port: 443, pathPrefix: '', hostHeader: 'backend' }],
  ['https://backend:443', { host: 'backend', port: 443, pathPrefix: '', hostHeader: 'backend' }],
  ['https://backend:80', { host: 'backend', port: 80, pathPrefix: '', hostHeader: 'backend:80' }],
  ['https://[::1]:8443/a', { host: '::1', port: 8443, pathPrefix: '/a', hostHeader: '[::1]:8443' }],
])('%s leads to %j, with TLS', (url, target) => {
  expect(targetOf(url)).toEqual({ ...target, isSecure: true });
});
