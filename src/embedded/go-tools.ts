import {spawn} from 'node:child_process';
import {access, chmod, constants, mkdir, readFile, rename, rm} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {cacheDirectory, type Environment} from '../config/directories.js';
import {WaybillError} from '../contracts/errors.js';
import {waitForFileLock} from '../lock/file-lock.js';

/** Programs that are built from Go modules pinned in `dev/NAME/go.mod`. */
export const goTools = {
  temporal: {module: 'temporal', package: 'github.com/temporalio/cli/cmd/temporal', program: 'temporal', minutes: 8},
  toxiproxy: {
    module: 'toxiproxy',
    package: 'github.com/Shopify/toxiproxy/v2/cmd/server',
    program: 'toxiproxy-server',
    minutes: 1,
  },
  versitygw: {
    module: 'versitygw',
    package: 'github.com/versity/versitygw/cmd/versitygw',
    program: 'versitygw',
    minutes: 3,
  },
  minio: {module: 'minio', package: 'github.com/minio/minio', program: 'minio', minutes: 6},
} as const satisfies Record<string, GoTool>;

export type GoToolName = keyof typeof goTools;

interface GoTool {
  /** Directory below `dev/`. */
  readonly module: string;
  readonly package: string;
  readonly program: string;
  /** Measured on two cores with nothing cached. */
  readonly minutes: number;
}

export type BuildEvent =
  | {readonly event: 'building'; readonly program: string; readonly minutes: number}
  | {readonly event: 'waiting-for-build'; readonly program: string}
  | {readonly event: 'still-building'; readonly program: string; readonly seconds: number}
  | {readonly event: 'built'; readonly program: string; readonly seconds: number; readonly path: string};

export interface BuildOptions {
  readonly environment: Environment;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: BuildEvent) => void) | undefined;
}

/** Where a tool lies once it was built or downloaded. */
export function cachedToolPath(name: GoToolName, environment: Environment): string {
  return join(cacheDirectory(environment), 'bin', goTools[name].program);
}

/** The cached program, or undefined where there is none yet. */
export async function cachedTool(name: GoToolName, environment: Environment): Promise<string | undefined> {
  const path = cachedToolPath(name, environment);
  return (await isExecutable(path)) ? path : undefined;
}

/**
 * Builds a tool into the cache, or waits while another process builds it. Rejects with `stack.start-failed` where Go is
 * missing or the build fails.
 */
export async function buildGoTool(name: GoToolName, options: BuildOptions): Promise<string> {
  const {program, minutes} = goTools[name];
  const path = cachedToolPath(name, options.environment);
  const lock = await waitForFileLock(join(dirname(path), `.${program}.lock`), {
    ...(options.signal === undefined ? {} : {signal: options.signal}),
    onWait: () => options.onEvent?.({event: 'waiting-for-build', program}),
  });
  try {
    if (await isExecutable(path)) return path;
    const beginning = Date.now();
    const seconds = () => Math.round((Date.now() - beginning) / 1000);
    options.onEvent?.({event: 'building', program, minutes});
    const ticker = setInterval(() => options.onEvent?.({event: 'still-building', program, seconds: seconds()}), 30_000);
    const unfinished = join(dirname(path), `.${program}.unfinished`);
    try {
      await goBuild(goTools[name], unfinished, options);
      await chmod(unfinished, 0o755);
      await rename(unfinished, path);
    } finally {
      clearInterval(ticker);
      await rm(unfinished, {force: true});
    }
    options.onEvent?.({event: 'built', program, seconds: seconds(), path});
    return path;
  } finally {
    await lock.release();
  }
}

async function goBuild(tool: GoTool, output: string, {environment, signal}: BuildOptions): Promise<void> {
  const directory = join(await packageRoot(), 'dev', tool.module);
  await mkdir(dirname(output), {recursive: true});
  const child = spawn('go', ['build', '-trimpath', '-ldflags=-s -w', '-mod=readonly', '-o', output, tool.package], {
    cwd: directory,
    env: {...environment, CGO_ENABLED: '0', GOFLAGS: ''},
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(signal === undefined ? {} : {signal}),
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = `${errors}${text}`.slice(-4000)));
  const outcome = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? 'built' : `go build ended with ${String(code)}`));
  });
  if (outcome === 'built') return;
  throw new WaybillError('stack.start-failed', `${tool.program} could not be built: ${outcome}\n${errors.trim()}`, {
    remedy: `Install Go and reach its module proxy, or put \`${tool.program}\` on the PATH.`,
  });
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** The nearest directory above this file that is the package: sources, built files and bundles lie at other depths. */
async function packageRoot(): Promise<string> {
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    const text = await readFile(join(directory, 'package.json'), 'utf8').catch(() => undefined);
    if (text?.includes('"name": "waybill"') === true) return directory;
    if (dirname(directory) === directory)
      throw new WaybillError('stack.start-failed', 'the files of the package are not complete');
  }
}
