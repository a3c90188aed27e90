/**
 * The line of executions on a target, kept on the target, where workers on several machines meet. An entry is a number
 * in `.queue/`, made exclusively, that names an execution; the execution's `ticket` names its entry. An execution may
 * start when fewer entries than the limit stand before it.
 *
 * An entry stands while its execution runs, or waits with a live shell, or was seen within two minutes: a worker whose
 * line broke keeps its place. Others are taken out, all but the highest: numbers only grow, so that none appears before
 * one that has counted already.
 */
export const queueFunctions = `
highest_entry() {
  highest=1000000000
  for entry in "$queue"/[0-9]*; do
    entry=\${entry##*/}
    case $entry in *[!0-9]*) ;; *) highest=$entry;; esac
  done
}

take_ticket() {
  number=
  while :; do
    ticket=
    { read -r ticket <ticket; } 2>/dev/null
    if [ -n "$ticket" ]; then
      # One that was just made need not be freshened.
      [ "$ticket" = "$number" ] && return
      [ -f "$queue/$ticket" ] && { touch "$queue/$ticket"; return; }
      rm -f ticket
    fi
    highest_entry
    number=$((highest + 1))
    set -C
    { printf '%s\\n' "$id $generation" >"$queue/$number"; } 2>/dev/null && made=yes || made=
    set +C
    [ -n "$made" ] || continue
    highest_entry
    # A number below another may have been given before, and counted as gone.
    [ "$highest" = "$number" ] || { rm -f "$queue/$number"; continue; }
    printf '%s\\n' "$number" >"ticket.$token"
    ln "ticket.$token" ticket 2>/dev/null
  done
}

# True where entry $1 takes or keeps a place.
stands() {
  owner= owner_generation= its=
  { read -r owner owner_generation <"$queue/$1"; } 2>/dev/null
  # A removed workspace: a plain file has its name.
  [ -n "$owner" ] && [ -f "$root/$owner/g$owner_generation" ] && return 1
  control=$root/$owner/g$owner_generation/control
  if [ -n "$owner" ] && [ -d "$control" ]; then
    [ -f "$control/exit" ] && return 1
    { read -r its <"$control/ticket"; } 2>/dev/null
    [ -n "$its" ] && [ "$its" != "$1" ] && return 1
    if [ -f "$control/started" ]; then
      { read -r kind pid born booted <"$control/started"; } 2>/dev/null
      [ "$booted" = "$boot" ] && is_alive "$pid" "$born"
      return
    fi
    { read -r pid born <"$control/waiter"; } 2>/dev/null && is_alive "$pid" "$born" && return 0
  fi
  [ -n "$(find "$queue/$1" -prune -mmin -2 2>/dev/null)" ]
}

# Sets before to how many stand before us. Nobody waits for the removal of the others: their numbers do not come again.
count_before() {
  before=0 gone=
  for entry in "$queue"/[0-9]*; do
    entry=\${entry##*/}
    case $entry in *[!0-9]*) continue;; esac
    [ "$entry" = "$ticket" ] && break
    if stands "$entry"; then before=$((before + 1)); else gone="$gone $entry"; fi
  done
  if [ -n "$gone" ]; then { cd "$queue" && exec rm -f $gone; } </dev/null >/dev/null 2>&1 & fi
}

# Returns when the execution may start, or has started.
stand_in_line() {
  queue=$root/.queue
  [ -d "$queue" ] || ( umask 077; mkdir -p "$queue" )
  find_boot
  look_at "$$" && printf '%s\\n' "$$ $birth" >waiter
  told= rounds=0
  while [ ! -f started ] && [ ! -f exit ]; do
    if [ $((rounds % 200)) = 0 ] || [ ! -f "$queue/$ticket" ]; then take_ticket; fi
    count_before
    [ "$before" -lt "$limit" ] && return
    place=$((before - limit + 1))
    if [ "$place" != "$told" ] || [ $((rounds % 25)) = 0 ]; then say "queued $place" || exit 1; told=$place; fi
    rounds=$((rounds + 1))
    nap 0.2
  done
}
`;
