/** Names that a record can carry: it is one line, and the receiving end refuses what is no plain name. */
export function isCarried(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\n\0]/.test(name);
}

export interface FileRecord {
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  /** Bytes. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly modifiedAt?: number;
}

/** What goes ahead of a file's bytes: its times where they are given, then mode, size and name. Each line is answered. */
export function headOf({name, mode, size, modifiedAt}: FileRecord): {readonly text: string; readonly answers: 1 | 2} {
  if (!isCarried(name)) throw new RangeError(`scp carries no file of the name ${JSON.stringify(name)}`);
  const file = `C${(mode & 0o7777).toString(8).padStart(4, '0')} ${size} ${name}\n`;
  if (modifiedAt === undefined) return {text: file, answers: 1};
  return {text: `T${modifiedAt} 0 ${modifiedAt} 0\n${file}`, answers: 2};
}

/** The size that a record announces, or what is wrong with the line. */
export function parseFileRecord(line: string): {readonly size: number} | {readonly wrong: string} {
  const found = /^C[0-7]{4,5} (\d{1,15}) [^/]+$/.exec(line);
  return found === null ? {wrong: line.slice(0, 200)} : {size: Number(found[1])};
}
