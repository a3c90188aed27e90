/** The status codes of SFTP version 3. */
export const STATUS = {
  eof: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  unsupported: 8,
} as const;

/** Why a file system takes nothing, where the refusal itself says so: a server of SFTP does not. */
export type RefusingMedium = 'full' | 'read-only';

/** What a server answered to one request. Becomes a WaybillError where the path is known. */
export class SftpStatus extends Error {
  override readonly name = 'SftpStatus';
  readonly status: number;
  readonly medium: RefusingMedium | undefined;

  constructor(status: number, message: string, medium?: RefusingMedium) {
    super(message);
    this.status = status;
    this.medium = medium;
  }
}

export function hasStatus(error: unknown, ...statuses: readonly number[]): error is SftpStatus {
  return error instanceof SftpStatus && statuses.includes(error.status);
}
