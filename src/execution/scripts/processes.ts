/**
 * Who runs: shell functions that know a process by more than its number. Numbers are used again; number, time of birth
 * and boot together are not.
 */
export const identityFunctions = `
nap() { sleep "$1" 2>/dev/null || sleep 1; }

find_boot() {
  boot=unknown
  if [ -r "$boot_file" ]; then read -r boot <"$boot_file"
  else boot=$(sysctl -n kern.bootsessionuuid 2>/dev/null) || boot=unknown; fi
}

# Sets state, session and birth of process $1; all empty where there is none.
look_at() {
  state= session= birth=
  if [ -r /proc/self/stat ]; then
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    line=\${line##*') '}
    set -- $line
    state=$1 session=$4 birth=\${20}
  else
    line=$(ps -o state= -o lstart= -p "$1" 2>/dev/null) || return 1
    set -- $line
    state=\${1%"\${1#?}"}
    shift
    birth=$(IFS=_; printf %s "$*")
  fi
}

# True where process $1, born at $2, still runs; a zombie does not.
is_alive() {
  look_at "$1" || return 1
  case $state in ''|Z|X) return 1;; esac
  [ "$birth" = "$2" ]
}

# Becomes $@, in a session of its own where the machine has a way.
new_session() {
  if command -v setsid >/dev/null 2>&1; then exec setsid "$@"
  elif command -v perl >/dev/null 2>&1; then exec perl -e 'use POSIX (); POSIX::setsid(); exec {$ARGV[0]} @ARGV' -- "$@"
  elif command -v python3 >/dev/null 2>&1; then exec python3 -c 'import os,sys; os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])' "$@"
  else trap '' HUP; exec "$@"; fi
}

# Sets the fields of the record that took the start.
read_started() {
  kind= pid= born= booted= begun=
  { read -r kind pid born booted <started; read -r begun <begun; } 2>/dev/null
}
`;

/** Ends everything that an execution started, with needs of identityFunctions, cookie and the directory control/. */
export const terminateFunctions = `
# Sets pids to the numbers of what carries the cookie, belongs to a session of such a process or descends from one.
find_members() {
  leader= leader_birth= ours=no
  [ -f child ] && read -r leader leader_birth <child
  # While a session has members its number is not given to a new process: a leader that is gone was ours.
  if [ -n "$leader" ]; then
    if look_at "$leader"; then [ "$birth" = "$leader_birth" ] && ours=yes; else ours=yes; fi
  fi
  [ "$ours" = yes ] || leader=
  # One process for each of the two looks: this is done after every command, also the shortest.
  if [ -r /proc/self/stat ]; then
    marked=$(exec grep -lsF -- "WAYBILL_COOKIE=$cookie" /proc/[0-9]*/environ)
    pids=$(export marked leader; exec awk "$choose_members" /proc/[0-9]*/stat </dev/null)
  else
    marked=$(ps -axwwE -o pid=,command= | mark="WAYBILL_COOKIE=$cookie" awk '{ if (index($0, ENVIRON["mark"])) print "/" $1 "/" }')
    pids=$(ps -A -o pid=,state=,ppid=,pgid= | awk '{ print $1, "(x)", $2, $3, $4, $4 }' | { export marked leader; awk "$choose_members"; })
  fi
}

# The files that it is given are read by hand: one whose process is gone by then would end some kinds of awk.
choose_members='
    function take(line, pid, field) {
      pid = line
      sub(/ .*/, "", pid)
      if (!sub(/^.*[)] /, "", line)) return
      split(line, field, " ")
      if (field[1] ~ /^[ZX]/) return
      number[++count] = pid; parent[pid] = field[2]; session[pid] = field[4]
    }
    BEGIN {
      n = split(ENVIRON["marked"], word, "[^0-9]+")
      for (i = 1; i <= n; i++) if (word[i] != "") mine[word[i]] = 1
      leader = ENVIRON["leader"]
      for (i = 1; i < ARGC; i++) {
        while ((getline line <ARGV[i]) > 0) take(line)
        close(ARGV[i])
      }
      ARGC = 1
    }
    { take($0) }
    END {
      do {
        grew = 0
        for (i = 1; i <= count; i++) {
          pid = number[i]
          if (pid in mine) continue
          if ((parent[pid] in mine) || (session[pid] in mine) || (leader != "" && session[pid] == leader)) { mine[pid] = 1; grew = 1 }
        }
      } while (grew)
      for (i = 1; i <= count; i++) if (number[i] in mine) print number[i]
    }'

# TERM, at most $1 tenths of a second of grace, KILL until nothing is left. False where something stays.
terminate() {
  find_members
  [ -z "$pids" ] && return 0
  # A stopped process takes TERM only when it goes on.
  kill -TERM $pids 2>/dev/null; kill -CONT $pids 2>/dev/null
  tenths=$1
  while [ "$tenths" -gt 0 ]; do
    nap 0.1; tenths=$((tenths - 1))
    find_members
    [ -z "$pids" ] && return 0
  done
  tries=100
  while [ "$tries" -gt 0 ]; do
    kill -KILL $pids 2>/dev/null
    nap 0.05; tries=$((tries - 1))
    find_members
    [ -z "$pids" ] && return 0
  done
  return 1
}

# The first to say why the command is ended is right: $1 is cancelled or timed-out.
take_ending() {
  printf '%s\\n' "$1" >"ending.$1.$$" && { ln "ending.$1.$$" ending 2>/dev/null; rm -f "ending.$1.$$"; }
}
`;
