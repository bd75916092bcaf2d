// The entry of the balancer. Enables the compile cache before it loads anything else.

/** The same as `engines` in package.json. */
const MIN_NODE = [24, 9] as const;

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1])) {
  const reason = `it needs Node ${MIN_NODE.join('.')} or newer (node_modules/.bin/node), got ${process.version}`;
  const msg = `balancer could not start: ${reason}`;
  // As the libraries write it, which an older Node cannot load.
  const record = { level: 'fatal', time: Date.now(), app: 'balancer', msg };
  process.stderr.write(`${process.env.LOG_FORMAT === 'json' ? JSON.stringify(record) : msg}\n`);
  process.exit(1);
}
const { useCompileCache } = await import('@fairlead/compile-cache');
useCompileCache();
const { launch } = await import('./bootstrap/launch.js');
await launch();
