import {overrideName} from './environment.js';
import {configurationFields, type Field} from './fields.js';

const introduction = `# Configuration

The worker reads \`waybill.yaml\`: the file that \`WAYBILL_CONFIG\` names, or the nearest one from the directory in which
the worker starts upwards. Nothing has to be there: without a file there is the target \`local\`, and everything else has
its default. \`waybill config\` prints the values in force and where each of them came from.

- An unknown key, or a value that does not fit, is refused with its file and line.
- Each field can be overridden by an environment variable: \`WAYBILL_\` and the field's path in capitals, words and
  steps joined by \`_\`. Lists are written with commas, maps as \`NAME=VALUE,NAME=VALUE\`. Targets, stores and their fields
  can be overridden when the file names them. An empty variable counts as not set. One that is a slip of a known name
  is refused with that name; any other \`WAYBILL_…\` that nothing reads is told at the start and by \`waybill config\`.
- \`temporal.address\` and \`temporal.namespace\` are overridden by Temporal's own \`TEMPORAL_ADDRESS\` and
  \`TEMPORAL_NAMESPACE\`. \`TEMPORAL_API_KEY\`, \`TEMPORAL_TLS…\` and the profiles of \`temporal.toml\` work as they do for
  Temporal's own tools.
- Secrets are not written into this file: fields whose name ends in \`Env\` name the environment variable that holds one.
- A local path may begin with \`~/\`; a relative one starts at the directory of the file, or, when it comes from a
  variable, at the directory in which the worker starts.

This page is made from the schema: \`npm run docs:generate\`.

## Example

\`\`\`yaml
targets:
  bigbox:
    kind: ssh
    host: bigbox.example.org
    user: render
    identityFile: ~/.ssh/id_ed25519
    maxConcurrentExecutions: 2
    secrets: [LICENSE_KEY]
stores:
  archive:
    kind: s3
    endpoint: https://s3.eu-central-1.amazonaws.com
    region: eu-central-1
    pathStyle: false
    bucket: render-archive
    prefix: scenes
    accessKeyIdEnv: ARCHIVE_ACCESS_KEY_ID
    secretAccessKeyEnv: ARCHIVE_SECRET_ACCESS_KEY
retention:
  days: 90
\`\`\`

With it \`waybill copy archive:2024/ bigbox:/scenes\` finds the keys \`scenes/2024/…\`.
\`waybill targets check archive\` says whether the server, the keys and the bucket answer.
`;

/** docs/configuration.md, whole. */
export function configurationReference(): string {
  const sections = Object.entries(configurationFields().properties ?? {});
  const plain = sections.filter(([, field]) => rowsOf(field) === undefined);
  const parts = [introduction, '## Top level\n', table(plain.map(([name, field]) => row([name], name, field)))];
  for (const [name, field] of sections) parts.push(...section(name, field));
  return `${parts
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

function section(name: string, field: Field): readonly string[] {
  const rows = rowsOf(field);
  if (rows === undefined) return [];
  const heading = [`\n## \`${name}\`\n`, `${field.description ?? ''}\n`];
  if (rows.kind === 'object')
    return [...heading, table(rows.fields.map(([key, inner]) => row([name, key], key, inner)))];
  const base = rows.named ? [name, 'NAME'] : [name];
  return [
    ...heading,
    ...rows.variants.flatMap((variant) => [
      `\n### \`kind: ${String(variant.properties?.['kind']?.const)}\`\n`,
      `${variant.properties?.['kind']?.description ?? ''}\n`,
      table(
        Object.entries(variant.properties ?? {})
          .filter(([key]) => key !== 'kind')
          .map(([key, inner]) => row([...base, key], key, inner, variant.required?.includes(key) === true)),
      ),
    ]),
  ];
}

type Rows =
  | {readonly kind: 'object'; readonly fields: readonly (readonly [string, Field])[]}
  | {readonly kind: 'variants'; readonly named: boolean; readonly variants: readonly Field[]};

function rowsOf(field: Field): Rows | undefined {
  const extra = field.additionalProperties;
  if (field.properties !== undefined) return {kind: 'object', fields: Object.entries(field.properties)};
  if (field.oneOf !== undefined) return {kind: 'variants', named: false, variants: field.oneOf};
  if (extra !== undefined && extra !== false && extra.oneOf !== undefined) {
    return {kind: 'variants', named: true, variants: extra.oneOf};
  }
  return undefined;
}

function row(path: readonly string[], name: string, field: Field, required = false): string {
  const cells = [
    `\`${name}\``,
    typeOf(field),
    defaultOf(field, required),
    field.description ?? '',
    `\`${overrideName(path)}\``,
  ];
  return `| ${cells.join(' | ')} |`;
}

function table(rows: readonly string[]): string {
  if (rows.length === 0) return 'No further fields.\n';
  return ['| field | type | default | meaning | variable |', '| --- | --- | --- | --- | --- |', ...rows, ''].join('\n');
}

function typeOf(field: Field): string {
  if (field.enum !== undefined) return field.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (field.anyOf !== undefined) return field.anyOf.map(typeOf).join(' or ');
  if (field.type === 'array') return `list of ${field.items?.type ?? 'text'}s`;
  if (field.type === 'object') return 'map of texts';
  const bounds = [
    field.minimum === undefined ? undefined : `from ${field.minimum}`,
    field.maximum === undefined || field.maximum === Number.MAX_SAFE_INTEGER ? undefined : `to ${field.maximum}`,
  ].filter((bound) => bound !== undefined);
  return [field.type ?? '', ...bounds].join(' ');
}

function defaultOf(field: Field, required: boolean): string {
  if (required) return '**required**';
  return field.default === undefined ? '' : `\`${JSON.stringify(field.default)}\``;
}
