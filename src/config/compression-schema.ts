import {z} from 'zod';

const MEBIBYTE = 1024 * 1024;

export const compressionSettings = z
  .strictObject({
    outputs: z
      .boolean()
      .default(true)
      .describe(
        'Whether large texts among the outputs are compressed on their way into the default store. They come back as they were; in the store they are gzip files, with `.gz` after their name.',
      ),
    inputs: z
      .boolean()
      .default(true)
      .describe(
        'The same for inputs that clients send: they compress them, and a target gets them as they were. Inputs that a worker fetches from a location do not go through the default store.',
      ),
    minBytes: z
      .number()
      .int()
      .min(16 * MEBIBYTE)
      .default(100 * MEBIBYTE)
      .describe(
        'Bytes from which on a file is looked at. What is no text, or does not shrink by a tenth in its first MiB, is stored as it is. Default: 100 MiB.',
      ),
  })
  .prefault({})
  .describe('What is compressed in the default store.');
