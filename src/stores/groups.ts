/** How much goes together at most. */
export interface GroupSize {
  readonly files: number;
  readonly bytes: number;
}

/** Cuts files into groups, in their order; one that is larger than a group may be goes alone. */
export function* groupsOf<T>(
  files: readonly T[],
  most: GroupSize,
  bytesOf: (file: T) => number,
): Generator<readonly T[]> {
  let group: T[] = [];
  let bytes = 0;
  for (const file of files) {
    const more = bytesOf(file);
    if (group.length > 0 && (group.length >= most.files || bytes + more > most.bytes)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(file);
    bytes += more;
  }
  if (group.length > 0) yield group;
}
