/** What one question asks for. */
export interface Page {
  readonly limit: number;
  readonly after?: string;
}

export interface PageOfRows<Row> {
  readonly rows: readonly Row[];
  /** Absent on the last page. */
  readonly next?: string | undefined;
}

export interface RowsOptions {
  /** Default: every row. */
  readonly most?: number | undefined;
  /** Rows of one answer. Default 500: a page of long names stays far below what Temporal carries in one payload. */
  readonly perPage?: number;
}

/** The rows of what is answered in pages. */
export async function* rowsOf<Row>(
  askFor: (page: Page) => Promise<PageOfRows<Row>>,
  {most = Number.POSITIVE_INFINITY, perPage = 500}: RowsOptions = {},
): AsyncGenerator<Row> {
  let left = most;
  let after: {readonly after?: string} = {};
  while (left > 0) {
    const {rows, next} = await askFor({limit: Math.min(left, perPage), ...after});
    yield* rows;
    if (next === undefined) return;
    left -= rows.length;
    after = {after: next};
  }
}
