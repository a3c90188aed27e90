import {readFileSync} from 'node:fs';
import {parse} from 'yaml';
import {z} from 'zod';

const duration = z.string().regex(/^(\d+(ms|s|m|h))+$/);
const text = z.string().min(1);
const condition = z.enum(['service_started', 'service_healthy', 'service_completed_successfully']);

/** What the Compose specification says of the keys that we use; any other key is a mistake. */
const service = z.strictObject({
  image: z.string().regex(/^[a-z0-9.-]+(?:\/[a-z0-9._-]+)*:[\w.-]+$/, 'must have a tag'),
  build: text.optional(),
  entrypoint: z.array(text).optional(),
  command: z.array(text).optional(),
  init: z.boolean().optional(),
  environment: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()).default({}),
  volumes: z.array(z.string().regex(/^[^:]+:\/[^:]*(:ro)?$/)).default([]),
  ports: z.array(z.string().regex(/^(127\.0\.0\.1|\$\{LISTEN_ADDRESS:-127\.0\.0\.1\}):\d+:\d+$/)).default([]),
  healthcheck: z
    .strictObject({
      test: z.tuple([z.enum(['CMD', 'CMD-SHELL'])], text),
      interval: duration,
      timeout: duration,
      start_period: duration.optional(),
      retries: z.number().int(),
    })
    .optional(),
  depends_on: z
    .union([
      z.record(text, z.strictObject({condition})),
      z
        .array(text)
        .transform((names) => Object.fromEntries(names.map((name) => [name, {condition: 'service_started'}]))),
    ])
    .default({}),
  stop_grace_period: duration.optional(),
  restart: z.enum(['no', 'always', 'on-failure', 'unless-stopped']).optional(),
});

const project = z.strictObject({
  name: text,
  services: z.record(text, service),
  volumes: z.record(text, z.null()),
});

export type ComposeProject = z.output<typeof project>;
export type ComposeService = z.output<typeof service>;

export function composeProject(): ComposeProject {
  return project.parse(parse(readFileSync('docker-compose.yml', 'utf8'), {merge: true}));
}

export function serviceOf({services}: ComposeProject, name: string): ComposeService {
  const found = services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

/** The variables that a text takes from .env, with what it takes where one is not set or empty. */
export function variablesOf(value: string): readonly {readonly name: string; readonly fallback: string | undefined}[] {
  return [...value.replaceAll('$$', '').matchAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g)].map(
    ([, name = '', kind, rest]) => ({
      name,
      fallback: kind === '-' ? rest : undefined,
    }),
  );
}

/** As Compose does; one without a value and without a fallback is refused. */
export function interpolate(value: string, environment: Readonly<Record<string, string>>): string {
  return value.replaceAll(
    /\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}/g,
    (whole, name?: string, kind?: string, rest?: string) => {
      if (name === undefined) return '$';
      const found = environment[name] ?? '';
      if (found !== '') return found;
      if (kind === '-' && rest !== undefined) return rest;
      throw new Error(`${whole}: ${name} is not set`);
    },
  );
}

/** The lines `NAME=VALUE` of an .env file. */
export function environmentFile(content: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    content
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

export interface Dockerfile {
  readonly bases: readonly string[];
  /** Copied from the checkout, not from a stage. */
  readonly sources: readonly string[];
  readonly user: string | undefined;
  readonly healthcheck: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const strings = z.array(z.string());

export function dockerfile(path: string): Dockerfile {
  const lines = readFileSync(path, 'utf8')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  const arguments_ = (instruction: string) =>
    lines.flatMap((line) => (line.startsWith(`${instruction} `) ? [line.slice(instruction.length + 1)] : []));
  const list = (instruction: string) =>
    strings.parse(JSON.parse(/\[.*\]$/.exec(arguments_(instruction).at(-1) ?? '')?.[0] ?? '[]'));
  return {
    bases: arguments_('FROM').map((base) => base.split(' ')[0] ?? ''),
    sources: arguments_('COPY').flatMap((copy) => (copy.startsWith('--from=') ? [] : copy.split(' ').slice(0, -1))),
    user: arguments_('USER').at(-1),
    healthcheck: list('HEALTHCHECK'),
    entrypoint: list('ENTRYPOINT'),
    command: list('CMD'),
    environment: environmentFile(arguments_('ENV').join(' ').replaceAll(/\s+/g, '\n')),
  };
}
