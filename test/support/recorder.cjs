// Records every name that a process looks up, every address that it connects to and every package that it loads, one a line, in
// the file of RECORD. Load it before everything else: NODE_OPTIONS=--require=<this file>; child processes and worker threads
// record too.
const dgram = require('node:dgram');
const dns = require('node:dns');
const { appendFileSync } = require('node:fs');
const { registerHooks, syncBuiltinESMExports } = require('node:module');
const net = require('node:net');

const record = (what, where) => appendFileSync(process.env.RECORD, `${what} ${where}\n`);

/** Replaces a method by one that tells first. */
function tell(owner, name, whereOf) {
  const original = owner[name];
  owner[name] = function (...args) {
    const where = whereOf(args);
    if (where !== undefined) record(name, where);
    return original.apply(this, args);
  };
}

tell(net.Socket.prototype, 'connect', ([first, second]) => {
  // Node's own callers hand over an array, with the options first.
  const options = Array.isArray(first) ? first[0] : first;
  if (typeof options !== 'object') return `${typeof second === 'string' ? second : 'localhost'}:${options}`;
  return options.path === undefined ? `${options.host ?? 'localhost'}:${options.port}` : undefined;
});
tell(dgram.Socket.prototype, 'send', (args) => args.findLast((value) => typeof value === 'string') ?? 'connected');
tell(dgram.Socket.prototype, 'connect', ([port, host]) => `${host}:${port}`);
const asksNames = /^(lookup|resolve|reverse)/;
for (const owner of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype])
  for (const name of Object.getOwnPropertyNames(owner))
    if (asksNames.test(name) && typeof owner[name] === 'function') tell(owner, name, ([host]) => host);
syncBuiltinESMExports();

const loaded = new Set();
registerHooks({
  load(url, context, nextLoad) {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
    if (name !== undefined && !loaded.has(name)) record('load', name);
    loaded.add(name);
    return nextLoad(url, context);
  },
});
