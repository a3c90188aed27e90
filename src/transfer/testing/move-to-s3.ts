import {writeSync} from 'node:fs';
import {z} from 'zod';
import {openS3Store} from '../../stores/s3/store.js';
import {moveFile} from '../move-file.js';
import {plannedFile} from '../planned-file.js';
import {TwoStores} from './two-stores.js';

// A process for tests to kill: moves one file to S3, and prints how many bytes are acknowledged.
const job = z
  .object({
    root: z.string(),
    connection: z.object({
      endpoint: z.string(),
      bucket: z.string(),
      prefix: z.string(),
      credentials: z.object({accessKeyId: z.string(), secretAccessKey: z.string()}),
    }),
    file: plannedFile,
  })
  .parse(JSON.parse(process.argv[2] ?? ''));

const stores = await TwoStores.create(job.root);
const to = openS3Store({name: 's3', ...job.connection});
let sent = 0;
const outcome = await moveFile(
  stores.options(job.file, {
    to,
    onProgress: ({event, bytes}) => {
      if (event === 'sent') sent += bytes;
      // Not buffered: what was told is told when the process dies.
      writeSync(1, `${sent}\n`);
    },
  }),
);
if (outcome.outcome === 'failed') throw new Error(outcome.message);
