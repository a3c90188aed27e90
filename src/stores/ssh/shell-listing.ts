import type {NamedEntry} from '../../ssh/sftp/reply.js';
import {SftpStatus, STATUS} from '../../ssh/sftp/status.js';
import {parseStated} from './shell-attributes.js';
import type {ShellDialect} from './shell-dialect.js';
import {reasonOf, statusOf} from './shell-status.js';

/** Ends what `find` printed; what follows it are complaints. Names hold no slash, so that none of them can look like it. */
const END = '//';

/**
 * Lists the directory `"$f"`. A name that vanishes meanwhile is complained of and left out; a name may hold anything, a
 * newline included.
 */
export function listingCommand({statNamed}: ShellDialect): string {
  return `(
ls -d "$f"/. >/dev/null && cd "$f" || exit 1
[ -r . ] || { echo 'Permission denied'; exit 1; }
{ e=$( { find . ! -name . -prune -exec ${statNamed} {} + ; } 2>&1 >&3 ); } 3>&1
s=$?
printf '%s\\n%s' '${END}' "$e"
[ "$s" = 0 ] || [ -n "$e" ]
)`;
}

export function parseListing(answer: string): readonly NamedEntry[] {
  const end = answer.lastIndexOf(`${END}\n`);
  refuseComplaints(answer.slice(end + END.length + 1));
  const entries: NamedEntry[] = [];
  let rest = answer.slice(0, end);
  while (rest !== '') {
    const stated = parseStated(rest);
    const until = rest.indexOf('/\n', (stated?.length ?? 0) + ' ./'.length);
    if (stated === undefined || until === -1) {
      throw new SftpStatus(STATUS.failure, `stat answers ${JSON.stringify(rest.slice(0, 100))} in a listing`);
    }
    entries.push({filename: rest.slice(stated.length + ' ./'.length, until), attrs: stated.file.attributes});
    rest = rest.slice(until + '/\n'.length);
  }
  return entries;
}

/** A name that holds a newline makes two lines of a complaint, of which one says why. */
function refuseComplaints(complaints: string): void {
  if (complaints.trim() === '') return;
  const reasons = complaints.split('\n').flatMap((line) => reasonOf(line) ?? []);
  const other = reasons.find(({status}) => status !== STATUS.noSuchFile);
  if (other !== undefined || reasons.length === 0) throw other ?? statusOf(complaints);
}
