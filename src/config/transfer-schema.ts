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
        'SSH connections kept to one target. One carries about 1 MiB per round trip: a long line needs several. Most servers refuse more than 10 logins at once.',
      ),
  })
  .prefault({})
  .describe('How files are moved.');
