/** Names that a client in any language uses. They never change; a new meaning gets a new name. */
export const workflowNames = {
  execution: 'execution',
  batch: 'batch',
  catalog: 'catalog',
  transfer: 'transfer',
  store: 'store',
  retention: 'retention',
  tickets: 'tickets',
} as const;
/** An update of `execution` and `batch`: takes the id, checks the request and answers with an OpenedExecution or OpenedBatch. */
export const OPEN_UPDATE = 'open';
/** A signal of `execution`: every input is in the store and listed in the input manifest. */
export const INPUTS_SENT_SIGNAL = 'inputsSent';
/** A signal of `batch`: so many pages of items are in the store, and everything that their executions need. */
export const PAGES_SENT_SIGNAL = 'pagesSent';
/** A memo of `batch`: a BatchMemo. */
export const BATCH_MEMO = 'waybillBatch';
/** A query of `execution`: the stage under way and, at the end, the result. */
export const STATE_QUERY = 'state';
/** Search attributes of `execution`, keywords both: what people look for in Temporal. Not every Temporal has them. */
export const searchAttributes = {target: 'WaybillTarget', label: 'WaybillLabel'} as const;
/** An update of `tickets`: answers a TicketBatch with SealedTickets. */
export const ISSUE_UPDATE = 'issue';
/** A signal of `tickets`: the client needs no more. */
export const CLOSE_SIGNAL = 'close';
export const DEFAULT_TASK_QUEUE = 'waybill';
