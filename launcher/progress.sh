# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Says what is going on, on standard error.

progress_log=$source_dir/target/launcher.log

say() {
  printf 'nanorouter: %s\n' "$*" >&2
}

# step TEXT COMMAND...: runs it with its output in the log; shows its time, and the log's end if it failed. On a terminal
# it shows the seconds and the last line of the log meanwhile.
step() {
  local text=$1 begin=$SECONDS pid status=0
  shift
  mkdir -p "${progress_log%/*}"
  "$@" < /dev/null > "$progress_log" 2>&1 &
  pid=$!
  if [[ -t 2 ]]; then
    while kill -0 "$pid" 2> /dev/null; do
      show_progress "$text" $((SECONDS - begin))
      wait_a_little
    done
    printf '\r\033[K' >&2
  else
    say "$text ..."
  fi
  wait "$pid" || status=$?
  if (( status == 0 )); then
    say "$text: $((SECONDS - begin)) s"
  else
    say "$text: failed after $((SECONDS - begin)) s; the end of $progress_log:"
    tail -n 20 "$progress_log" >&2
  fi
  return "$status"
}

# Of what Maven prints, what it downloads and which module it is at; of others, the last line.
show_progress() {
  local last
  last=$(tail -n 40 "$progress_log" | grep -aE '^[^[]|Building .*/' | tail -n 1 | tr -s ' ' | tr -cd '[:print:]')
  last=${last#\[INFO\] }
  [[ $last == *://* ]] && last=${last##*/}
  last="nanorouter: $1 ... $2 s  $last"
  printf '\r\033[K%s' "${last:0:${COLUMNS:-80}-1}" >&2
}

# Half a second, without starting a program.
wait_a_little() {
  read -r -t 0.5 _ <> <(:) || true
}
