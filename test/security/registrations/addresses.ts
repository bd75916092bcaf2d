// Addresses of backends in all spellings that URL parsers and resolvers understand. The balancer connects to what it
// registers, so that an address is a request to that address by all who can register.
import { ACCEPTED, REFUSED, address, type RegistrationCase } from './case.ts';

/** The metadata services of clouds, from which credentials can be read without a password. */
const METADATA = [
  ['169.254.169.254', '169.254.169.254:80/latest', '2852039166', '0xa9fea9fe', '0xa9.0xfe.0xa9.0xfe'],
  ['0251.0376.0251.0376', '169.254.43518', '169.16689662', '169.254.169.254.', '169。254。169。254'],
  ['１６９.254.169.254', '[::ffff:169.254.169.254]', '[::ffff:a9fe:a9fe]', '[0:0:0:0:0:ffff:a9fe:a9fe]'],
  ['[64:ff9b::a9fe:a9fe]', '[2002:a9fe:a9fe::]', '[::a9fe:a9fe]', '[fd00:ec2::254]', '100.100.100.200'],
].flat();

/** Addresses that are no single machine, or only this one's neighbours on a link. */
const SPECIAL = [
  ['0.0.0.0', '0', '0.1.2.3', '[::]', '[::ffff:0.0.0.0]', '169.254.1.1', '[fe80::1]', '[fe80::ffff:1]'],
  ['224.0.0.1', '239.255.255.250:1900', '[ff02::1]', '[ff05::2]', '255.255.255.255', '240.0.0.1'],
].flat();

/** Outside of the private ranges, which are the default of BACKEND_NETWORKS. */
const PUBLIC = [
  '8.8.8.8',
  '1.1.1.1',
  '192.0.2.1',
  '198.51.100.7',
  '203.0.113.9',
  '[2001:4860:4860::8888]',
  '134744072',
];

/** Only those of this machine: what is accepted is connected to. */
const LOOPBACK = [
  '127.0.0.1:1',
  '127.0.0.2:1',
  '[::1]:1',
  'localhost:1',
  '[::ffff:127.0.0.1]:1',
  '0x7f.1:1',
  '127.1:1',
];

/** Not http, or not an address alone. */
const NO_URLS = [
  [
    'ws://10.0.0.7',
    'ftp://10.0.0.7',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/plain,x',
    'gopher://10.0.0.7',
  ],
  [
    'http://',
    'http:///',
    'http://user:secret@10.0.0.7',
    'http://10.0.0.7?x',
    'http://10.0.0.7#x',
    '//10.0.0.7',
    '10.0.0.7',
  ],
  [
    'http://10.0.0.7:0',
    'http://10.0.0.7:65536',
    'http://10.0.0.7:x',
    'http://10.0.0.7 8080',
    'http://10.0.0.256',
    'http://[::1',
  ],
  ['http://[::1%25lo]', 'http://a\u0000b', 'http://10.0.0.7\r\nX: y@', `http://${'a'.repeat(2000)}`],
].flat();

/** The balancer's own ports, under every name of the machine; `{port}` is replaced. */
const OWN = [
  ['127.0.0.1', 'localhost', 'LOCALHOST', 'localhost.', '[::1]', '127.1', '2130706433', '0x7f000001', '017700000001'],
  ['127.0.0.2', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '0.0.0.0', '127.0.0.1.'],
].flat();

/** All addresses by theme. */
export const addresses: Readonly<Record<string, readonly RegistrationCase[]>> = {
  metadata: METADATA.map((host) => address(`http://${host}`, REFUSED)),
  'special addresses': SPECIAL.map((host) => address(`http://${host}`, REFUSED)),
  'public addresses': PUBLIC.map((host) => address(`http://${host}`, REFUSED)),
  'loopback addresses': LOOPBACK.map((host) => address(`http://${host}`, ACCEPTED)),
  'no http or https addresses': NO_URLS.map((url) => address(url, REFUSED)),
  'its own data plane': OWN.map((host) => address(`http://${host}:{dataPlane}`, REFUSED)),
  'its own control plane': OWN.map((host) => address(`http://${host}:{controlPlane}/x`, REFUSED)),
};
