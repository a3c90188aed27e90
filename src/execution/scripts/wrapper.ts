import {identityFunctions, terminateFunctions} from './processes.js';

/**
 * The process that outlives connection and worker; its working directory is control/. It takes `started` by a link,
 * which only one can, just before it runs the command: whoever finds no `started` may launch again. It waits, ends the
 * command at its time limit, keeps the output below its cap, and leaves the exit record in one step.
 *
 * Both outputs are appended to, so that a file cut at the cap goes on there. One byte more than the cap stays: that
 * tells a reader that there was more.
 */
export const wrapperScript = `
${identityFunctions}
${terminateFunctions}
# Sleeps for $1 as a watcher that TERM ends at once, its sleep included.
watch_for() {
  sleep "$1" & sleeper=$!
  [ -z "$dismissed" ] || kill "$sleeper"
  wait "$sleeper"
  [ -z "$dismissed" ] || exit 0
}

watch_output() {
  dismissed= sleeper=
  trap 'dismissed=yes; [ -z "$sleeper" ] || kill "$sleeper" 2>/dev/null' TERM
  while kill -0 "$child" 2>/dev/null; do
    watch_for 1
    for output in stdout stderr; do
      [ -n "$(find "$output" -prune -size +"$((cap + 1))c" 2>/dev/null)" ] &&
        dd if=/dev/null of="$output" bs=1 seek="$((cap + 1))" 2>/dev/null
    done
  done
}

watch_clock() {
  dismissed= sleeper=
  trap 'dismissed=yes; [ -z "$sleeper" ] || kill "$sleeper" 2>/dev/null' TERM
  case $timeout in *.*) sleep 0.001 2>/dev/null || timeout=$((\${timeout%.*} + 1));; esac
  watch_for "$timeout"
  trap '' TERM
  take_ending timed-out
  terminate "$grace_tenths"
}

find_boot
look_at "$$" || exit 1
printf '%s\\n' "running $$ $birth $boot" >"who.$token" || exit 1
hook before-start
if ! ln "who.$token" started; then rm -f "who.$token"; [ -f started ]; exit; fi
hook after-start
[ -d ../staging ] && mv ../staging staged
: >>stdout; : >>stderr
# Caught, not ignored: what is ignored here would be ignored by the command.
trap : HUP INT TERM
new_session /bin/sh "command.$token" </dev/null >>stdout 2>>stderr &
child=$!
look_at "$child"
printf '%s\\n' "$child $birth" >child
watch_output </dev/null >/dev/null 2>&1 & watchers=$!
clock=
if [ -n "$timeout" ]; then watch_clock </dev/null >/dev/null 2>&1 & clock=$!; watchers="$watchers $clock"; fi
printf '%s\\n' "$watchers" >watchers
hook running
while :; do
  wait "$child"; status=$?
  kill -0 "$child" 2>/dev/null || break
done
outcome="exited $status"
[ -f ending ] && read -r outcome <ending
[ "$outcome" = timed-out ] && wait "$clock"
kill $watchers 2>/dev/null
hook before-exit
# A full disk delays the record; a workspace that is gone has no reader.
until printf '%s\\n' "$outcome" >"exit.$token" && mv "exit.$token" exit; do
  [ -d "$PWD/." ] || exit 1
  nap 1
done
hook after-exit
exit 0
`;
