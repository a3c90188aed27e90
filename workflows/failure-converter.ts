import {DefaultFailureConverter} from '@temporalio/common';

/** A worker with a codec puts the other word into the bundle when it loads it: workflow code can ask nobody. */
const messages: string = '@waybill/failures:readable';

/** What workflows fail with: message and stack go through the codec, where there is one. */
export const failureConverter = new DefaultFailureConverter({encodeCommonAttributes: messages.endsWith(':encoded')});
