# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Says what is going on, on standard error.

progress_log=$source_dir/target/launcher.log

say() {
  printf 'nanorouter: %s\n' "$*" >&2
}

# step TEXT COMMAND...: runs it with its output in the log; shows its time, and the log's end if it failed.
step() {
  local text=$1 begin=$SECONDS pid status=0
  shift
  mkdir -p "${progress_log%/*}"
  "$@" < /dev/null > "$progress_log" 2>&1 &
  pid=$!
  if [[ -t 2 ]]; then
    while kill -0 "$pid" 2> /dev/null; do
      printf '\rnanorouter: %s ... %d s ' "$text" $((SECONDS - begin)) >&2
      wait_a_little
    done
    printf '\r\033[K' >&2
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

# Half a second, without starting a program.
wait_a_little() {
  read -r -t 0.5 _ <> <(:) || true
}
