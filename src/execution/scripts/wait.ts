/** Bytes of both outputs together up to which they come with the report of the end. */
export const INLINE_OUTPUT_BYTES = 65_536;

/**
 * Waits for the end in control/ and reports it. Lines on standard output: `running PID TIME`, `alive`,
 * `end OUTCOME [STATUS]`, `begun TIME`, `not-found`, `lost REASON`, and last `output STDOUT STDERR` with that many bytes.
 */
export const waitFunctions = `
report_output() {
  [ -s stdout ] || [ -s stderr ] || { say output 0 0; return; }
  set -- $(wc -c <stdout) $(wc -c <stderr)
  [ $(($1 + $2)) -le ${INLINE_OUTPUT_BYTES} ] || return
  say "output $1 $2"
  head -c "$1" stdout
  head -c "$2" stderr
}

report_end() {
  read_started
  say "begun $begun"
  [ -f command-not-found ] && say not-found
  read -r outcome status <exit
  say "end $outcome $status"
  report_output
}

report_lost() {
  [ -f exit ] && { report_end; return; }
  if [ -f ending ]; then read -r outcome <ending; say "begun $begun"; say "end $outcome"
  else say "begun $begun"; say "lost $1"; fi
}

# Says that it is there, so that it learns when nobody listens, and ends then.
tell() { say "$@" 2>/dev/null || exit 1; }

await_end() {
  trap '' PIPE
  find_boot
  read_started
  rounds=0 interval=0.02
  while [ ! -f exit ]; do
    if [ "$kind" = cancelled ]; then say "end cancelled"; return; fi
    if [ "$booted" != "$boot" ]; then report_lost 'the machine was restarted'; return; fi
    if ! is_alive "$pid" "$born" && [ ! -f exit ]; then
      # Without the wrapper no status will come; while its command runs, nothing may run it again.
      find_members
      if [ -z "$pids" ]; then report_lost 'the process is gone without an exit status'; return; fi
      interval=1
    fi
    rounds=$((rounds + 1))
    case $rounds in
      1) tell "running $pid $begun";;
      20) interval=0.05;;
      100) interval=0.2;;
    esac
    [ $((rounds % 25)) = 0 ] && tell alive
    nap "$interval"
  done
  report_end
}

# Beside a wait that cannot be interrupted: speaks for it, and ends process $1 when nobody listens.
speak_for() {
  trap '' PIPE
  sleeper= dismissed=
  trap 'dismissed=yes; [ -z "$sleeper" ] || kill "$sleeper" 2>/dev/null' TERM
  interval=1
  while :; do
    sleep "$interval" >/dev/null 2>&1 & sleeper=$!
    [ -z "$dismissed" ] || kill "$sleeper"
    wait "$sleeper"
    [ -z "$dismissed" ] || exit 0
    interval=5
    read_started
    printf '%s\\n' "running $pid $begun" 2>/dev/null || { kill "$1"; exit; }
  done
}
`;
