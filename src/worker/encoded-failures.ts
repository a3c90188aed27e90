import {DefaultFailureConverter} from '@temporalio/common';

/** What activities of a worker with a codec fail with: message and stack go through the codec. The SDK loads it by path. */
export const failureConverter = new DefaultFailureConverter({encodeCommonAttributes: true});
