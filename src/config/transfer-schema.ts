import {z} from 'zod';

/** Settings of file movement. Names that the requirements use keep their meaning. */
export const transferSettings = z
  .strictObject({
    chunkSizeBytes: z
      .number()
      .int()
      .min(4096)
      .max(67_108_864)
      .optional()
      .describe('Bytes of one read or write. Default: what suits the store, which is 64 KiB or less over SFTP.'),
    blockSizeBytes: z
      .number()
      .int()
      .min(65_536)
      .max(1_073_741_824)
      .default(4_194_304)
      .describe('Bytes of one block, the unit of proof: after a crash at most one block is sent again for nothing.'),
    parallelTransfers: z.number().int().min(1).max(256).default(4).describe('Files that one segment moves at once.'),
    parallelSegments: z
      .number()
      .int()
      .min(1)
      .max(256)
      .default(4)
      .describe(
        'Segments of one transfer under way at once. With `parallelTransfers` it bounds open files and memory.',
      ),
    connectionsPerTarget: z
      .number()
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe(
        'SSH connections kept to one target. One carries about 1 MiB per round trip: a long line needs several. Most servers refuse more than 10 logins at once.',
      ),
    maxRetries: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(3)
      .describe(
        'Times that a file is sent again after a failed checksum, and attempts without progress that end a step. Attempts with progress are not counted.',
      ),
    smallFileBytes: z
      .number()
      .int()
      .min(0)
      .max(16_777_216)
      .default(131_072)
      .describe('Files up to this size are moved in groups and start again from their beginning after a crash.'),
    maxFileSizeBytes: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe('Larger files are refused by name. Default: no limit.'),
    timeoutSeconds: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe('Time for one file, in seconds. Default: an hour, and a second more for each MiB.'),
    verifyChecksum: z
      .boolean()
      .default(true)
      .describe('Prove each file by SHA-256 where its bytes lie. `false` proves its size alone, and outcomes say so.'),
    preserveTimestamps: z.boolean().default(true).describe('Give copies the modification time of their source.'),
    preservePermissions: z.boolean().default(true).describe('Give copies the mode of their source; never a wider one.'),
  })
  .prefault({})
  .describe('How files are moved.');
