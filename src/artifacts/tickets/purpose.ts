/** What tickets are sealed for: those of one execution open for no session of another. */
export function purposeOf(executionId: string): string {
  return `waybill tickets ${executionId}`;
}
