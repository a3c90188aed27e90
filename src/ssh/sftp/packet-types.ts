/** Packets of SFTP version 3: draft-ietf-secsh-filexfer-02, section 3. */
export const REQUEST = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  rename: 18,
  readlink: 19,
  symlink: 20,
  extended: 200,
} as const;

export const REPLY = {version: 2, status: 101, handle: 102, data: 103, name: 104, attrs: 105, extended: 201} as const;
