// `npm run -s sbom`: prints the software bill of materials of what is deployed, in the CycloneDX format.
//
// `npm sbom --omit dev` also leaves out each package of production that one of development depends on. So npm lists all
// packages here, and those that it marks as development are taken out.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

interface Component {
  readonly 'bom-ref': string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

interface Dependency {
  readonly ref: string;
  readonly dependsOn: readonly string[];
}

/** The part of CycloneDX 1.5 that changes. */
interface Bom {
  readonly metadata: { readonly component: object };
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
}

/** npm's mark of a package that only development needs. */
const DEVELOPMENT = 'cdx:npm:package:development';

const ARGUMENTS = ['sbom', '--package-lock-only', '--sbom-type', 'application', '--sbom-format', 'cyclonedx'];
const printed = execFileSync('npm', ARGUMENTS, {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
});
const bom = JSON.parse(printed) as Bom;
const development = bom.components.filter(({ properties = [] }) => properties.some(({ name }) => name === DEVELOPMENT));
const leftOut = new Set(development.map((component) => component['bom-ref']));

const deployed = {
  ...bom,
  // npm names it after its folder.
  metadata: { ...bom.metadata, component: { ...bom.metadata.component, name: 'fairlead' } },
  components: bom.components.filter((component) => !leftOut.has(component['bom-ref'])),
  dependencies: bom.dependencies
    .filter(({ ref }) => !leftOut.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => !leftOut.has(each)) })),
};
process.stdout.write(`${JSON.stringify(deployed, undefined, 2)}\n`);
