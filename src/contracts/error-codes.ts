interface ErrorFacts {
  /** Whether the same call may succeed later with nothing changed by a person. */
  readonly retryable: boolean;
  /** What the reader can do next. */
  readonly remedy: string;
}

/** Every code, in one table: codes are stable, their sentences may be improved. */
export const errorFacts = {
  'store.not-found': {retryable: false, remedy: 'Check the path and its spelling.'},
  'store.already-exists': {retryable: false, remedy: 'Choose another name, or allow overwriting.'},
  'store.permission-denied': {retryable: false, remedy: 'Give the user of that side access to the path.'},
  'store.no-space': {retryable: true, remedy: 'Free space on that file system; the transfer then goes on by itself.'},
  'store.not-a-directory': {retryable: false, remedy: 'A component of the path is a file: choose another path.'},
  'store.is-a-directory': {retryable: false, remedy: 'Name a file, or move the directory out of the way.'},
  'store.not-empty': {retryable: false, remedy: 'Empty the directory first, or remove it as a tree.'},
  'store.read-only': {retryable: false, remedy: 'The file system is mounted read-only: choose another place.'},
  'store.unsupported': {retryable: false, remedy: 'This store cannot do that: see its properties.'},
  'store.io': {retryable: true, remedy: 'The store reported an input/output error; look at its own log.'},
  'store.unavailable': {retryable: true, remedy: 'The store does not answer: check that it runs and can be reached.'},
  'store.clock-skewed': {retryable: true, remedy: 'Set the clock of this host: the server refuses its signatures.'},
  'name.outside-root': {retryable: false, remedy: 'Use a path below the root that the configuration allows.'},
  'name.not-carried': {retryable: false, remedy: 'Rename the file: this name cannot be carried exactly.'},
  'name.collision': {retryable: false, remedy: 'Two files would have the same name there: rename one of them.'},
  'source.changed': {retryable: true, remedy: 'The file changed while it was read: wait until its writer is done.'},
  'source.special-file': {
    retryable: false,
    remedy: 'Sockets, FIFOs and devices have no content to carry: leave them out.',
  },
  'link.leaves-root': {
    retryable: false,
    remedy: 'The link points out of the tree: send the file that it names instead.',
  },
  'transfer.checksum-mismatch': {
    retryable: true,
    remedy: 'The destination holds other bytes than were sent: check its disk and memory.',
  },
  'transfer.no-progress': {
    retryable: false,
    remedy: 'Mend the cause that the message names, then run `waybill retry`.',
  },
  'transfer.partial-consumed': {retryable: false, remedy: 'Another attempt has published this file already.'},
  'transfer.superseded': {retryable: false, remedy: 'A later step has begun: this attempt has nothing left to do.'},
  'transfer.newer-version': {
    retryable: true,
    remedy:
      'Finish the upgrade: a worker of the newer version goes on with it. To go back for good, cancel it and start it anew.',
  },
  'transfer.stalled': {
    retryable: true,
    remedy: 'No byte moved for the whole --timeout: check the network and both sides, or give it more time.',
  },
  'transfer.no-room': {
    retryable: false,
    remedy: 'Free space at the destination or send less; nothing was moved.',
  },
  'transfer.too-large': {
    retryable: false,
    remedy: 'Copy it in pieces, or ask whoever runs the worker to raise `transfer.maxBytes`. Nothing was moved.',
  },
  'transfer.nothing-matches': {retryable: false, remedy: 'Check the pattern: quote it, so that no shell expands it.'},
  'transfer.same-place': {retryable: false, remedy: 'Name a destination outside of the source.'},
  'transfer.destination-busy': {
    retryable: false,
    remedy: 'Another copy is writing there: wait for its end, or add --wait.',
  },
  'transfer.waiting': {retryable: true, remedy: 'The copy begins when the other one has ended.'},
  'transfer.not-tried': {retryable: false, remedy: 'Mend the failure before it, or leave out --fail-fast.'},
  'transfer.no-common-worker': {
    retryable: false,
    remedy: 'Give both targets the same taskQueue, of a worker that reaches both.',
  },
  'transfer.not-found': {retryable: false, remedy: 'See `waybill transfers` for those that Temporal still knows.'},
  'transfer.id-used': {retryable: false, remedy: 'An id is used once: choose another.'},
  'source.too-large': {retryable: false, remedy: 'Raise --max-size, or leave the file out.'},
  'link.not-followed': {retryable: false, remedy: 'Send what it names, or choose --symlinks copy.'},
  'ssh.unreachable': {retryable: true, remedy: 'Check host, port and network: `waybill targets check NAME`.'},
  'ssh.connection-lost': {retryable: true, remedy: 'The connection broke and is made anew; nothing is lost.'},
  'ssh.authentication-failed': {
    retryable: false,
    remedy: 'Check user and identity file or agent: `waybill targets check NAME`.',
  },
  'ssh.host-key-unknown': {retryable: false, remedy: 'Compare the fingerprint, then run `waybill targets trust NAME`.'},
  'ssh.host-key-changed': {
    retryable: false,
    remedy: 'The host shows another key than the known one: find out why before you trust it.',
  },
  'ssh.sftp-unavailable': {
    retryable: false,
    remedy: 'Enable the SFTP subsystem of the server (Subsystem sftp), or let the user run commands there.',
  },
  'ssh.sftp-silent': {
    retryable: true,
    remedy:
      'Look at what `Subsystem sftp` of the server starts, and what that waits for; give it longer by `connectTimeoutSeconds` of the target, or go without it: `protocol: scp`.',
  },
  'ssh.protocol': {retryable: true, remedy: 'The server answered against the protocol; look at its log.'},
  'ssh.configuration': {retryable: false, remedy: 'Correct the entry in waybill.yaml or ~/.ssh/config.'},
  'shell.failed': {retryable: true, remedy: 'The shell of the target failed: `waybill targets check NAME`.'},
  'shell.unavailable': {retryable: false, remedy: 'The target needs a POSIX /bin/sh.'},
  'execution.command-failed': {
    retryable: false,
    remedy: 'Read its output with `waybill logs ID --stderr`; `waybill retry ID` runs it again.',
  },
  'execution.command-not-found': {retryable: false, remedy: 'Check the command name and the PATH on the target.'},
  'execution.lost': {
    retryable: false,
    remedy: 'The target was restarted or the process was killed from outside: `waybill retry ID` runs it again.',
  },
  'execution.timed-out': {retryable: false, remedy: 'Give it more time with --timeout.'},
  'execution.cancelled': {retryable: false, remedy: 'It was cancelled on request: `waybill retry ID` runs it again.'},
  'execution.required-output-missing': {
    retryable: false,
    remedy: 'Check where the command writes its outputs, or drop --require.',
  },
  'execution.inputs-missing': {retryable: false, remedy: 'Not every input arrived in time: start the run again.'},
  'execution.id-used': {retryable: false, remedy: 'An id is used once: choose another.'},
  'execution.not-found': {
    retryable: false,
    remedy:
      'See `waybill list` for the runs that are known, `waybill list --batch ID` for those of a batch, and `waybill transfers` for copies.',
  },
  'execution.open': {retryable: false, remedy: 'Wait for its end, or end it with `waybill cancel ID`.'},
  'batch.incomplete': {
    retryable: false,
    remedy: 'See why with `waybill batch ID`; `waybill batch ID --retry-failed` runs those again that did not succeed.',
  },
  'batch.not-found': {retryable: false, remedy: 'See `waybill list` for the batches that are known.'},
  'retention.foreign-store': {
    retryable: false,
    remedy:
      'Nothing was removed. Give the worker the store of its catalog; if that catalog was lost, `waybill catalog rebuild` makes it again.',
  },
  'retention.not-removed': {
    retryable: true,
    remedy: 'The next sweep tries again; `waybill targets check NAME` says what its target lacks.',
  },
  'retention.clocks-differ': {
    retryable: false,
    remedy: 'Nothing was removed. Set the clocks of PostgreSQL and Temporal: what has expired depends on them.',
  },
  'target.unknown': {
    retryable: false,
    remedy:
      'See `waybill targets` for the names that the worker knows. It reads waybill.yaml when it starts: after a change start it again.',
  },
  'target.not-allowed': {
    retryable: false,
    remedy:
      'The configuration of the worker does not allow this. Add the directory to `roots` of the target in waybill.yaml, and restart the worker.',
  },
  'ticket.refused': {
    retryable: false,
    remedy: 'A ticket is for the inputs, outputs and logs of one execution: see docs/trust.md.',
  },
  'target.runs-no-commands': {
    retryable: false,
    remedy: 'It is a store, for `waybill copy` alone: name a target of `waybill targets` with a workspace root.',
  },
  'bundle.not-found': {
    retryable: false,
    remedy: 'The job has no such bundle here: upload it first, and use what the upload answered.',
  },
  'bundle.damaged': {
    retryable: false,
    remedy: 'What is stored is not what was uploaded: remove the named object and upload the same assets again.',
  },
  'secret.not-allowed': {
    retryable: false,
    remedy: 'Add the name to the secrets of this target in waybill.yaml, and restart the worker.',
  },
  'secret.not-set': {retryable: false, remedy: 'Set the variable in the environment of the worker, and restart it.'},
  'catalog.unavailable': {
    retryable: true,
    remedy:
      'Check that the PostgreSQL of the catalog runs and can be reached: runs go on, and are recorded when it is back.',
  },
  'catalog.failed': {
    retryable: false,
    remedy: 'PostgreSQL refused the statement: its message and its log say why.',
  },
  'catalog.schema': {retryable: false, remedy: 'The schema is newer than this version: update Waybill.'},
  'config.invalid': {retryable: false, remedy: 'Correct the named field of waybill.yaml: see docs/configuration.md.'},
  'config.not-this-host': {
    retryable: false,
    remedy: 'Start the worker on the host that has this store, or configure a shared one.',
  },
  'worker.bundle-mismatch': {
    retryable: false,
    remedy: 'Build the workflow bundle again with this SDK version: npm run build.',
  },
  'worker.options-missing': {
    retryable: false,
    remedy: 'Give Worker.create the workerOptions that createActivities returned.',
  },
  'worker.handed-over': {retryable: true, remedy: 'The worker died and its successor took over; nothing to do.'},
  'worker.frozen': {
    retryable: true,
    remedy: 'The worker was stopped for longer than the heartbeat timeout; another attempt goes on.',
  },
  'worker.thread-lost': {
    retryable: true,
    remedy:
      'A thread that hashes has ended and another takes its place; if it happens again, give the process more memory.',
  },
  'worker.metrics-unavailable': {
    retryable: false,
    remedy: 'Choose another address for worker.metrics, or stop what listens there.',
  },
  'worker.state-locked': {
    retryable: false,
    remedy: 'Another worker uses this state directory: stop it, or give this one its own.',
  },
  'stack.port-in-use': {retryable: false, remedy: 'Another program listens on that port: stop it or choose another.'},
  'stack.already-running': {retryable: false, remedy: 'Use the running stack, or stop it first.'},
  'stack.start-failed': {retryable: false, remedy: 'Read the log that the message names.'},
  'client.unreachable': {
    retryable: true,
    remedy:
      'Give the host:port of your Temporal with --address or TEMPORAL_ADDRESS, or start a stack of your own with `waybill dev`.',
  },
  'client.closed': {
    retryable: false,
    remedy: 'Close a client when its last call has ended; what was begun through it goes on without it.',
  },
  'client.no-worker': {
    retryable: true,
    remedy: 'See that the worker runs there (`waybill worker`, or its container), and compare its task queue.',
  },
  'payload.not-readable': {
    retryable: false,
    remedy:
      'Give both ends the same codec: temporal.payloadCodec of the worker, WAYBILL_TEMPORAL_PAYLOAD_CODEC of the client.',
  },
  'input.invalid': {retryable: false, remedy: 'Correct the named field of the input.'},
} as const satisfies Record<string, ErrorFacts>;

export type ErrorCode = keyof typeof errorFacts;
