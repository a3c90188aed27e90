import {ApplicationFailure} from '@temporalio/workflow';

interface Schema<Input> {
  safeParse(value: unknown):
    | {readonly success: true; readonly data: Input}
    | {
        readonly success: false;
        readonly error: {readonly issues: readonly {readonly path: readonly PropertyKey[]; readonly message: string}[]};
      };
}

/** What the schema makes of a request, defaults included. One that is not valid fails the workflow for good. */
export function parseInput<Input>(schema: Schema<Input>, request: unknown): Input {
  const parsed = schema.safeParse(request);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw ApplicationFailure.nonRetryable(`${field}: ${issue?.message ?? 'not a valid input'}`, 'input.invalid');
}
