// deploy/kubernetes/fairlead.yaml, held against the types of the Kubernetes API, the schemas of the applications and the
// image. There is no cluster here; what the sidecar runs is run.
import { parseEnvironment, type Environment } from '@fairlead/configuration';
import { isKnownHost } from '@fairlead/http-server';
import type { Container, PodSpec, Probe, Service } from 'kubernetes-types/core/v1.js';
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { balancerSchema } from '../../apps/balancer/src/config/balancer.config.js';
import { AppProcess, backendIn, startBalancer } from '../support/processes.js';
import { whenTestEnds } from '../support/lifetime.js';
import { httpUpstream } from '../support/upstreams.js';
import { isThere, read } from './compose-file.js';
import { mistakesIn, type KubernetesObject } from './kubernetes-types.js';

const text = read('deploy/kubernetes/fairlead.yaml');
const objects = parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
const ofKind = <Type>(kind: string) => objects.filter((object) => object.kind === kind) as unknown as Type[];

const workloads = objects.filter(
  ({ kind }) => kind === 'Deployment' || kind === 'StatefulSet',
) as unknown as Deployment[];
const podOf = (workload: Deployment) => workload.spec!.template.spec!;
const labelsOf = (workload: Deployment) => workload.spec!.template.metadata!.labels!;
const named = (name: string) => workloads.find(({ metadata }) => metadata?.name === name)!;
const containerOf = (workload: string, name: string) =>
  podOf(named(workload)).containers.find((container) => container.name === name)!;
const containers = workloads.flatMap((workload) =>
  podOf(workload).containers.map((container) => ({
    name: `${workload.metadata!.name} ${container.name}`,
    container,
    workload,
  })),
);

/** Whether a selector finds the pods of a workload. */
function selects(selector: Record<string, string> | undefined, workload: Deployment): boolean {
  const labels = labelsOf(workload);
  return Object.entries(selector ?? {}).every(([name, value]) => labels[name] === value);
}

/** The variables of a container, with something in place of what the cluster would insert. */
function environmentOf({ env = [] }: Container): Record<string, string> {
  const given = env.map(({ name, value, valueFrom }) => {
    const key = valueFrom?.secretKeyRef?.key ?? valueFrom?.fieldRef?.fieldPath;
    return [name, value ?? `a-value-for-${key}`] as const;
  });
  const values = new Map(given);
  return Object.fromEntries(
    given.map(([name, value]) => [
      name,
      value.replaceAll(/\$\((\w+)\)/g, (_, other: string) => values.get(other) ?? ''),
    ]),
  );
}

describe('deploy/kubernetes/fairlead.yaml', () => {
  it('fits the API of Kubernetes', () => {
    expect(mistakesIn(objects)).toEqual([]);
  });

  it.each([
    [{ replicas: 'two' }, "Type 'string' is not assignable to type 'number'."],
    [{ strategie: {} }, /strategie.* does not exist in type 'DeploymentSpec'/],
    [{ selector: undefined }, /Property 'selector' is missing in type/],
  ])('would not with %j', (wrong, mistake) => {
    const { spec, ...rest } = named('fairlead');
    const object = { ...rest, spec: { ...spec, ...wrong } } as unknown as KubernetesObject;
    expect(mistakesIn([object])).toEqual([expect.stringMatching(mistake)]);
  });

  it('has everything in its own namespace, which lets no pod have rights', () => {
    const [namespace, ...others] = objects;
    expect(namespace).toMatchObject({
      kind: 'Namespace',
      metadata: { name: 'fairlead', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
    expect(others.filter(({ metadata }) => metadata.namespace !== 'fairlead')).toEqual([]);
  });

  it('selectors find the pods that they are for', () => {
    for (const workload of workloads) {
      const { name } = workload.metadata!;
      expect(
        workloads.filter((each) => selects(workload.spec!.selector.matchLabels, each)),
        name,
      ).toEqual([workload]);
    }
    const targets = ofKind<Service>('Service').map(({ metadata, spec }) => [
      metadata?.name,
      workloads.filter((workload) => selects(spec?.selector, workload)).map((each) => each.metadata?.name),
    ]);
    expect(targets).toEqual([
      ['fairlead', ['fairlead']],
      ['fairlead-control', ['fairlead']],
      ['redis', ['redis']],
    ]);
    const [budget] = ofKind<PodDisruptionBudget>('PodDisruptionBudget');
    expect(selects(budget.spec?.selector?.matchLabels, named('fairlead'))).toBe(true);
  });

  it('services, policies and probes name ports that are there', () => {
    const portsOf = ({ containers: all }: PodSpec) => all.flatMap(({ ports = [] }) => ports.map(({ name }) => name));
    for (const { spec } of ofKind<Service>('Service')) {
      const workload = workloads.find((each) => selects(spec?.selector, each))!;
      for (const { targetPort } of spec?.ports ?? []) expect(portsOf(podOf(workload))).toContain(targetPort);
    }
    for (const { spec } of ofKind<NetworkPolicy>('NetworkPolicy')) {
      const workload = workloads.find((each) => selects(spec?.podSelector.matchLabels, each))!;
      for (const { port } of spec?.ingress?.flatMap(({ ports = [] }) => ports) ?? []) {
        expect(portsOf(podOf(workload))).toContain(port);
      }
    }
    for (const { container } of containers) {
      const own = container.ports?.map(({ name }) => name);
      const probes: (Probe | undefined)[] = [container.startupProbe, container.readinessProbe, container.livenessProbe];
      for (const probe of probes) if (probe?.httpGet) expect(own).toContain(probe.httpGet.port);
    }
  });

  it('policies let balancers reach Redis and backends, and backends the control plane', () => {
    const rules = ofKind<NetworkPolicy>('NetworkPolicy').flatMap(({ spec }) =>
      (spec?.ingress ?? []).map(({ from = [], ports = [] }) => ({
        to: workloads.filter((each) => selects(spec?.podSelector.matchLabels, each)).map((each) => each.metadata?.name),
        from: from.flatMap(({ podSelector }) =>
          workloads.filter((each) => selects(podSelector?.matchLabels, each)).map((each) => each.metadata?.name),
        ),
        ports: ports.map(({ port }) => port),
      })),
    );
    expect(rules).toEqual([
      { to: ['redis'], from: ['fairlead'], ports: ['redis'] },
      { to: ['fairlead'], from: [], ports: ['http'] },
      { to: ['fairlead'], from: ['files'], ports: ['control'] },
      { to: ['files'], from: ['fairlead'], ports: ['http'] },
    ]);
  });

  it('takes tokens from the secret that its first lines make, and contains none', () => {
    const [head] = text.split('apiVersion');
    const made = [...head.matchAll(/--from-literal=(\w+)=/g)].map(([, key]) => key);
    const used = containers.flatMap(({ container }) =>
      (container.env ?? []).flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []),
    );
    expect(new Set(used.map(({ name }) => name))).toEqual(new Set(['fairlead-tokens']));
    expect(head).toContain('create secret generic fairlead-tokens');
    expect(new Set(used.map(({ key }) => key))).toEqual(new Set(made));
    expect(ofKind('Secret')).toEqual([]);
  });

  it.each(containers)('$name has no rights, limits, and volumes that are there', ({ container, workload }) => {
    const pod = podOf(workload);
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod.securityContext?.runAsUser).toBeGreaterThan(0);
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources).toMatchObject({ requests: { cpu: expect.anything(), memory: expect.anything() } });
    expect(container.resources?.limits?.memory).toBeDefined();
    const claims = (workload.spec as { volumeClaimTemplates?: { metadata: { name: string } }[] }).volumeClaimTemplates;
    const volumes = [
      ...(pod.volumes ?? []).map(({ name }) => name),
      ...(claims ?? []).map(({ metadata }) => metadata.name),
    ];
    for (const { name } of container.volumeMounts ?? []) expect(volumes).toContain(name);
  });
});

describe('a balancer in Kubernetes', () => {
  const balancer = containerOf('fairlead', 'balancer');
  const environment = environmentOf(balancer);

  it('runs what the image runs, with variables that it knows, and finds the registry and its tokens', () => {
    expect(JSON.parse(/^CMD (.+)$/m.exec(read('Dockerfile'))![1])).toEqual(balancer.command);
    // The tokens stand in CONTROL_PLANE_TOKENS.
    const inserted = new Set(['REDIS_PASSWORD', 'REGISTER_TOKEN', 'READ_TOKEN']);
    const unknown = Object.keys(environment).filter((name) => !(name in balancerSchema.shape) && !inserted.has(name));
    expect(unknown).toEqual([]);
    expect(parseEnvironment(balancerSchema, environment as Environment)).toMatchObject({
      BALANCER_ID: 'a-value-for-metadata.name',
      REGISTRY_URL: { servers: [{ host: 'redis', port: 6379 }], password: 'a-value-for-redis' },
      CONTROL_PLANE_TOKEN: 'a-value-for-operate',
      CONTROL_PLANE_TOKENS: [
        { role: 'register', token: 'a-value-for-register' },
        { role: 'read', token: 'a-value-for-read' },
      ],
    });
  });

  it('listens on the ports of the container, and keeps its file in a volume', () => {
    const { DATA_PLANE_PORT, CONTROL_PLANE_PORT } = parseEnvironment(balancerSchema, environment as Environment);
    expect(balancer.ports?.map(({ containerPort }) => containerPort)).toEqual([DATA_PLANE_PORT, CONTROL_PLANE_PORT]);
    const file = /^ENV REGISTRY_FILE=(.+)\/[^/]+$/m.exec(read('Dockerfile'))![1];
    expect(balancer.volumeMounts?.map(({ mountPath }) => mountPath)).toContain(file);
  });

  it('is ended by Kubernetes only after it could finish', () => {
    const { SHUTDOWN_DELAY_SECONDS: delay, SHUTDOWN_TIMEOUT_SECONDS: timeout } = parseEnvironment(
      balancerSchema,
      environment as Environment,
    );
    expect(delay).toBeGreaterThan(0);
    expect(podOf(named('fairlead')).terminationGracePeriodSeconds).toBeGreaterThan(delay + timeout);
  });

  it('has the password that Redis requires', () => {
    const redis = containerOf('redis', 'redis');
    expect(redis.args?.slice(0, 2)).toEqual(['--requirepass', '$(REDISCLI_AUTH)']);
    expect(environmentOf(redis).REDISCLI_AUTH).toBe(environment.REDIS_PASSWORD);
    expect(redis.args?.join(' ')).toContain('--appendonly yes');
    expect(redis.args?.join(' ')).toContain('--maxmemory-policy noeviction');
  });
});

describe('the sidecar in Kubernetes', () => {
  const join = containerOf('files', 'join');
  const environment = environmentOf(join);

  it('registers by a name that the balancers accept, with the token for backends', () => {
    const names = parseEnvironment(balancerSchema, environmentOf(containerOf('fairlead', 'balancer')) as Environment);
    const { host, hostname, port } = new URL(environment.BALANCER_URL);
    expect(isKnownHost(host, names.CONTROL_PLANE_NAMES)).toBe(true);
    const service = ofKind<Service>('Service').find(({ metadata }) => metadata?.name === hostname);
    expect(service?.spec?.ports?.map((each) => String(each.port))).toEqual([port]);
    expect(environment.CONTROL_PLANE_TOKEN).toBe('a-value-for-register');
  });

  it('accompanies the server until that ends, and before', () => {
    const server = containerOf('files', 'server');
    const pause = Number(server.lifecycle?.preStop?.exec?.command?.[1]);
    const drain = Number(join.args?.[join.args.indexOf('--drain-timeout') + 1]);
    expect(drain).toBeLessThanOrEqual(pause);
    expect(podOf(named('files')).terminationGracePeriodSeconds).toBeGreaterThan(pause + drain);
    expect(join.args?.[join.args.indexOf('--port') + 1]).toBe(String(server.ports?.[0].containerPort));
  });

  it('joins with these flags, and leaves at SIGTERM', async () => {
    const [program, file, ...flags] = [...join.command!, ...join.args!];
    expect([program, isThere(file)]).toEqual(['node', true]);
    const { control } = await startBalancer();
    const { port } = await httpUpstream((_, response) => response.end());
    const args = flags.map((flag) => (flag === '8080' ? String(port) : flag.replace('$(POD_NAME)', 'files-1')));
    const running = new AppProcess('join', [process.execPath, file, ...args], { env: { BALANCER_URL: control } });
    whenTestEnds(() => running.end());
    await backendIn(control, 'files-1', 'up');
    await running.stop();
    await backendIn(control, 'files-1', 'gone');
  });
});
