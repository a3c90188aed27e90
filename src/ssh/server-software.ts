import type {Client} from 'ssh2';

/** How the server called itself in its first line, as `OpenSSH_9.2p1`; empty before. ssh2 keeps it without telling. */
export function softwareOf(client: Client): string {
  return '_remoteVer' in client && typeof client._remoteVer === 'string' ? client._remoteVer : '';
}

/** The number that Dropbear counts its releases by, after the year: 2022.82 began it and 2024.86 mended it. */
const FIRST_BROKEN = 82;
const LAST_BROKEN = 85;

/**
 * Whether a session that opens while another one of its connection ends may be closed, and the connection with it. Such
 * a Dropbear takes the end of any process for the end of each session that has none yet. A build that leaves its version
 * out, as those of routers do, may be one of these.
 */
export function losesSessionsThatOpen(software: string): boolean {
  const [dropbear, release] = /^dropbear(?:_\d+\.(\d+))?/.exec(software) ?? [];
  if (dropbear === undefined) return false;
  return release === undefined || (Number(release) >= FIRST_BROKEN && Number(release) <= LAST_BROKEN);
}
