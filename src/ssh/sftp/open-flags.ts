/** How a file is opened: bits of SFTP version 3 (draft-ietf-secsh-filexfer-02, section 6.3). */
export const OPEN = {read: 0x01, write: 0x02, create: 0x08, exclusive: 0x20} as const;
