// The entry of the balancer. Enables the compile cache before it loads anything else.

/** The same as `engines` in package.json. */
const MIN_NODE = [24, 9] as const;

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1])) {
  process.stderr.write(
    `balancer could not start: it needs Node ${MIN_NODE.join('.')} or newer (node_modules/.bin/node), got ${process.version}\n`,
  );
  process.exit(1);
}
const { useCompileCache } = await import('./bootstrap/compile-cache.js');
useCompileCache();
const { launch } = await import('./bootstrap/launch.js');
await launch();
