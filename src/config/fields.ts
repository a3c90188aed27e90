import {z} from 'zod';
import {configuration} from './schema.js';

export type FieldPath = readonly (string | number)[];

/** The part of JSON Schema that the configuration needs, with the marks of field-kinds. */
const fieldSchema = z.object({
  type: z.string().optional(),
  description: z.string().optional(),
  default: z.unknown().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  pattern: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  required: z.array(z.string()).optional(),
  localPath: z.boolean().optional(),
  environmentName: z.boolean().optional(),
  computedDefault: z.boolean().optional(),
  get properties() {
    return z.record(z.string(), fieldSchema).optional();
  },
  get additionalProperties() {
    return z.union([z.literal(false), fieldSchema]).optional();
  },
  get oneOf() {
    return z.array(fieldSchema).optional();
  },
  get anyOf() {
    return z.array(fieldSchema).optional();
  },
  get items() {
    return fieldSchema.optional();
  },
});
export type Field = z.infer<typeof fieldSchema>;

/** The schema of `waybill.yaml` as JSON Schema (2020-12), for editors and for the reference page. */
export function configurationJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(configuration, {
    io: 'input',
    override({jsonSchema}) {
      const computed = new Set<string>();
      for (const [name, property] of Object.entries(jsonSchema.properties ?? {})) {
        if (typeof property === 'object' && property['computedDefault'] === true) computed.add(name);
      }
      if (jsonSchema.required !== undefined) {
        jsonSchema.required = jsonSchema.required.filter((name) => !computed.has(name));
        if (jsonSchema.required.length === 0) delete jsonSchema.required;
      }
    },
  });
}

let root: Field | undefined;

/** The configuration's fields as data, made once. */
export function configurationFields(): Field {
  root ??= fieldSchema.parse(configurationJsonSchema());
  return root;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The variant of a union that `data` chooses by its `kind`; a field that is no union is itself. */
export function variantOf(field: Field, data: unknown): Field | undefined {
  if (field.oneOf === undefined) return field;
  const kind = isRecord(data) ? data['kind'] : undefined;
  return field.oneOf.find((variant) => variant.properties?.['kind']?.const === kind);
}

/** The field at `path`, or undefined where the path leads to none; `data` decides between the variants of a union. */
export function fieldAt(path: FieldPath, data: unknown): Field | undefined {
  let field: Field | undefined = configurationFields();
  let value = data;
  for (const step of path) {
    field = field === undefined ? undefined : variantOf(field, value);
    const extra: Field | false | undefined = field?.additionalProperties;
    field = field?.properties?.[step] ?? (extra === false ? undefined : extra);
    value = isRecord(value) ? value[step] : undefined;
  }
  return field === undefined ? undefined : (variantOf(field, value) ?? field);
}

export interface Leaf {
  readonly path: readonly string[];
  readonly field: Field;
  /** Undefined where the field is not set. */
  readonly value: unknown;
}

/** Every single field that `data` has or could have; maps of names to texts and lists count as one field. */
export function* leaves(
  data: unknown,
  field: Field = configurationFields(),
  path: readonly string[] = [],
): Generator<Leaf> {
  const variant = variantOf(field, data);
  if (variant === undefined) return;
  const extra = variant.additionalProperties;
  if (variant.properties !== undefined) {
    for (const [name, property] of Object.entries(variant.properties)) {
      yield* leaves(isRecord(data) ? data[name] : undefined, property, [...path, name]);
    }
  } else if (extra !== undefined && extra !== false && extra.oneOf !== undefined) {
    for (const [name, value] of Object.entries(isRecord(data) ? data : {}))
      yield* leaves(value, extra, [...path, name]);
  } else {
    yield {path, field: variant, value: data};
  }
}
