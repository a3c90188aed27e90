import {z} from 'zod';

export const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable');

/** A path on the host of the worker: `~/` is the home directory, a relative path starts at the file that names it. */
export function localPath<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({...schema.meta(), localPath: true});
}

/** The name of an environment variable, or a list of them, whose value is a secret. */
export function environmentName<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({...schema.meta(), environmentName: true});
}

/** A field that may be left out of the file because its default depends on the host and on other fields. */
export function computedDefault<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({...schema.meta(), computedDefault: true});
}
