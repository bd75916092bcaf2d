// Checks objects of Kubernetes against the types that were generated from its API: unknown fields, missing fields and
// wrong kinds of value. The compiler does that for literals.
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** An object of a manifest. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Next to `node_modules`, where the types are found. It exists in memory only. */
const FILE = fileURLToPath(new URL('../../manifest.ts', import.meta.url));
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
};

/** A sentence for each mistake. */
export function mistakesIn(objects: readonly KubernetesObject[]): string[] {
  const text = objects.map(sourceOf).join('\n');
  const host = ts.createCompilerHost(OPTIONS);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (path, options) =>
    path === FILE ? ts.createSourceFile(path, text, options) : getSourceFile(path, options);
  const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([FILE], OPTIONS, host));
  return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** `networking.k8s.io/v1` is the module `kubernetes-types/networking/v1`, `v1` is `kubernetes-types/core/v1`. */
function sourceOf(object: KubernetesObject, index: number): string {
  const [group, version] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : ['core', object.apiVersion];
  const type = `import('kubernetes-types/${group.split('.')[0]}/${version}').${object.kind}`;
  return `export const object${index}: ${type} = ${JSON.stringify(object)};`;
}
