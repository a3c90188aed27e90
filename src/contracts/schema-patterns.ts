import {z} from 'zod';

/** The patterns of zod's string formats. Testing a text writes to the pattern that it is tested by. */
export const schemaPatterns = z.regexes;
