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
    minBytes: z
      .number()
      .int()
      .min(16 * MEBIBYTE)
      .default(100 * MEBIBYTE)
      .describe(
        'Bytes from which on an output is looked at. What is no text, or does not shrink by a tenth in its first MiB, is stored as it is. Default: 100 MiB.',
      ),
  })
  .prefault({})
  .describe('What is compressed in the default store.');
