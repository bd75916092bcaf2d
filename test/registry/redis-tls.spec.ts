// How a balancer verifies a Redis server with TLS, and what it says when there is no such connection.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { StoreUnusableError, type RegistryStore } from '../../apps/balancer/src/registry/store/registry-store.js';
import { aRecord } from '../../apps/balancer/src/registry/store/store.fixture.js';
import { reservePorts } from '../processes/ports.js';
import { until } from '../processes/until.js';
import { describeWith } from '../support/programs.js';
import { startRedis } from '../support/redis.js';
import { anAuthority } from '../support/tls.js';
import { redisStore } from './redis-keeper.js';

/** What `use` ends with. On a busy machine it is tried until it does not end for want of time. */
async function outcomeOf<Result>(use: () => Promise<Result>): Promise<Result | Error> {
  let outcome: Result | Error | undefined;
  await until('a response in time', async () => {
    outcome = await use().catch((error: Error) => error);
    return !(outcome instanceof Error && / within \d s/.test(outcome.message));
  });
  return outcome as Result | Error;
}

/** What reading fails of. */
async function problemOf(store: RegistryStore): Promise<Error> {
  const outcome = await outcomeOf(() => store.read());
  expect(outcome).toBeInstanceOf(Error);
  return outcome as Error;
}

describeWith('redis-server', 'a Redis server with TLS', (path) => {
  it('it is verified, by the authority that the configuration names', async () => {
    const authority = await anAuthority();
    const { certificateFile, keyFile } = await authority.issue('redis', ['127.0.0.1']);
    const elsewhere = await authority.issue('elsewhere', ['redis.example']);
    const [port, otherPort] = await reservePorts(2);
    const common = ['--tls-auth-clients', 'no', '--tls-ca-cert-file', authority.file];
    const options = (files: { certificateFile: string; keyFile: string }, tlsPort: number) =>
      common.concat(
        '--tls-port',
        String(tlsPort),
        '--tls-cert-file',
        files.certificateFile,
        '--tls-key-file',
        files.keyFile,
      );
    const server = await startRedis(path, options({ certificateFile, keyFile }, port));
    await startRedis(path, options(elsewhere, otherPort));
    const secure = { REGISTRY_URL: `rediss://127.0.0.1:${port}` };

    const store = redisStore({ ...secure, REGISTRY_CA_FILE: authority.file });
    expect(await outcomeOf(() => store.read())).toMatchObject({ records: [] });
    expect(await outcomeOf(() => store.put(aRecord(randomUUID()), 0))).toMatchObject({ kind: 'stored' });

    const untrusted = await problemOf(redisStore(secure));
    expect(untrusted).toBeInstanceOf(StoreUnusableError);
    expect(untrusted.message).toContain('has a certificate of an unknown authority: name it in REGISTRY_CA_FILE');
    const missing = await problemOf(redisStore({ ...secure, REGISTRY_CA_FILE: '/no/such.pem' }));
    expect(missing).toBeInstanceOf(StoreUnusableError);
    expect(missing.message).toContain('/no/such.pem');
    const trusting = { REGISTRY_CA_FILE: authority.file };
    const otherName = redisStore({ ...trusting, REGISTRY_URL: `rediss://127.0.0.1:${otherPort}` });
    expect((await problemOf(otherName)).message).toMatch(/cannot be reached: .*certificate/);
    const plain = redisStore({ REGISTRY_URL: `rediss://127.0.0.1:${server.port}` }).read();
    await expect(plain).rejects.toThrow(
      'opens no TLS connection within 1 s; if it does not speak TLS, begin REGISTRY_URL with redis://',
    );
  });
});

describeWith('redis-server', 'a Redis server with TLS that is slow', (path) => {
  it('a connection that opens after it was given up is closed', async () => {
    const authority = await anAuthority();
    const { certificateFile, keyFile } = await authority.issue('redis', ['127.0.0.1']);
    const [tlsPort] = await reservePorts(1);
    const files = ['--tls-ca-cert-file', authority.file, '--tls-cert-file', certificateFile, '--tls-key-file', keyFile];
    await startRedis(path, ['--tls-auth-clients', 'no', '--tls-port', String(tlsPort), ...files]);
    const accepted = Promise.withResolvers<Socket>();
    const relay = createServer({ pauseOnConnect: true }, (socket) => accepted.resolve(socket));
    await once(relay.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void relay.close());
    const { port } = relay.address() as AddressInfo;
    const store = redisStore({ REGISTRY_URL: `rediss://127.0.0.1:${port}`, REGISTRY_CA_FILE: authority.file });
    await expect(store.check()).rejects.toThrow('opens no TLS connection within 1 s');
    const client = await accepted.promise;
    const server = connect(tlsPort, '127.0.0.1');
    client.pipe(server).pipe(client);
    await once(client, 'close');
  });
});

it('a silent server opens no TLS connection, also when this process was suspended meanwhile', async () => {
  const greeted = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => greeted.resolve());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const read = redisStore({ REGISTRY_URL: `rediss://127.0.0.1:${port}` }).read();
  await greeted.promise;
  // Until all time limits have passed.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_100);
  await expect(read).rejects.toThrow('opens no TLS connection within 1 s; if it does not speak TLS');
});
