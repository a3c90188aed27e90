import {z} from 'zod';

/** An execution's id, which is also its workflow id. */
export const executionId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be 1 to 64 of a-z, 0-9 and -, and start with a letter or digit');

/** The name of a store or target in the worker's configuration. */
export const targetName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'must be 1 to 64 letters, digits, ., _ or -, and start with a letter or digit',
  );
