import {z} from 'zod';

export const transferSettings = z
  .strictObject({
    connectionsPerTarget: z
      .number()
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe(
        'SSH connections kept to one target. To OpenSSH one carries 4 MiB per round trip at most: a long line needs several. Most servers refuse more than 10 logins at once.',
      ),
    segmentFiles: z
      .number()
      .int()
      .min(1)
      .max(50_000)
      .default(5_000)
      .describe(
        'Files that one activity of a transfer moves, the last one with a rest of up to a tenth more. A page of them is held in memory, some 5 MB; a hundred thousand files then need twenty activities.',
      ),
    segmentsPerRun: z
      .number()
      .int()
      .min(1)
      .max(1_000)
      .default(500)
      .describe(
        "Activities after which a transfer continues as a new run of its workflow. Each adds up to ten events to the run's history, and Temporal ends one at 51,200.",
      ),
    maxBytes: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe(
        'Bytes of the files that one copy by this worker may plan, those that are there already included; a larger one is refused before it moves any. Left out: no limit. `copy --direct` is not limited.',
      ),
  })
  .prefault({})
  .describe('How files are moved.');
