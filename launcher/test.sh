# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The test tiers: unit tests of every module, then end-to-end tests of the built program (module it), on the Java in
# use; then both again on a newer Java, if one is installed, without those that are tagged "once": what they claim does
# not depend on the Java, or other classes depend on it in the same way.

# shellcheck source=launcher/build.sh
. "$source_dir/launcher/build.sh"

test_usage() {
  cat << 'END'
Usage: nanorouter test [--quick] [--jdk HOME]... [--only TEST]

Runs the tests and ends with what failed, again, and one line: N passed,
N failed, N skipped.

      --quick      the unit tests alone; needs no root
      --jdk HOME   run on this JDK; may be repeated. Default: the one in use,
                   and the newest other one in /usr/lib/jvm, if it is newer. From
                   the second one on without what no Java changes (tag "once")
      --only TEST  only test classes (or Class#method) that match, as in
                   Maven's -Dtest

End-to-end tests make namespaces and TAPs: as root all of them have to run, and
a skipped test counts as a failure. Else those that need root are skipped, or
fail if CI=true.

Exit code: 0 if all passed, 1 if not.
END
}

run_tests() {
  local quick='' only='' again='' home
  local -a homes=()
  while (( $# > 0 )); do
    case $1 in
      --quick) quick=1 ;;
      --jdk) homes+=("${2:?--jdk wants the home of a JDK}"); shift ;;
      --only) only=${2:?--only wants the name of a test}; shift ;;
      -h | --help) test_usage; return ;;
      *) say "unknown option $1"; test_usage >&2; exit 64 ;;
    esac
    shift
  done

  passed=0 failed=0 skipped=0
  failures=()
  if [[ -n $quick ]]; then
    require find_missing_for_build
  else
    require find_missing_for_build find_missing_for_test
    [[ -e $dist/built && -z $(changed_file) ]] || build
    (( EUID == 0 )) || say 'not root: end-to-end tests that need root are skipped'
  fi
  [[ -n ${maven_command-} ]] || maven_is_there
  if (( ${#homes[@]} == 0 )); then
    homes=("$java_home")
    home=$(newer_java)
    [[ -n $home ]] && homes+=("$home")
  fi

  # What a test starts inherits this variable, and what a test leaves behind is known by it.
  export NANOROUTER_TEST_RUN=$$-$RANDOM
  mkdir -p "$source_dir/target"
  note_network > "$source_dir/target/network.before"
  for home in "${homes[@]}"; do
    test_on "$home" "$quick" "$only" "$again"
    again=1
  done
  look_for_leftovers
  # Once more: whoever keeps only the end of a long log has to find the reason there.
  (( ${#failures[@]} == 0 )) || printf '%s\n' "${failures[@]}"
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  if (( EUID == 0 && skipped > 0 )); then
    say 'skipped tests count as failures: root can run all of them'
    return 1
  fi
  (( failed == 0 && passed > 0 ))
}

# Prints the home of the newest Java beside the one in use, if that is newer.
newer_java() {
  local home newest='' feature=$java_feature
  for home in /usr/lib/jvm/*; do
    [[ -x $home/bin/javac ]] || continue
    # In a subshell: find_java's results stay as they are.
    home=$(read_release "$home" && printf '%s %s' "$java_feature" "$home") || continue
    (( ${home%% *} > feature )) || continue
    feature=${home%% *} newest=${home#* }
  done
  printf '%s' "$newest"
}

# test_on HOME QUICK ONLY AGAIN: the classes are compiled by the Java in use, and run on that of HOME.
test_on() {
  local feature begin=$SECONDS status=0 log
  local -a options=(-Dmaven.test.failure.ignore=true)
  feature=$(read_release "$1" && printf '%s' "$java_feature") || { say "$1 has no Java"; exit 66; }
  [[ -n $2 ]] && options+=(-pl '!it')
  [[ -n $3 ]] && options+=(-Dtest="$3" -Dsurefire.failIfNoSpecifiedTests=false)
  # The first Java has been at it for half a minute.
  [[ -n $4 ]] && options+=(-DexcludedGroups=once -Dnanorouter.stress.seconds=8)
  options+=(-Djvm="$1/bin/java")
  (( feature >= 24 )) &&
    options+=("-Dsurefire.jvm.options=--enable-native-access=ALL-UNNAMED --illegal-native-access=deny")
  if [[ -z $2 && ! -e $dist/cds/$(read_release "$1" && printf '%s' "$java_build").jsa ]]; then
    NANOROUTER_JAVA_HOME=$1 step "preparing a quick start on Java $feature" "$dist/libexec/archive" || true
  fi
  log=$source_dir/target/test-$feature.log
  say "testing on Java $feature; everything that is printed is in $log"
  rm -rf "$source_dir"/*/target/surefire-reports
  NANOROUTER_JAVA_HOME=$1 maven "${options[@]}" test < /dev/null 2>&1 | tee "$log" | show_tests || status=$?
  if (( status != 0 )); then
    say "Maven failed; the end of $log:"
    tail -n 40 "$log" >&2
    failed=$((failed + 1))
  fi
  count_reports
  mapfile -t -O "${#failures[@]}" failures < <(failures_in "$log" "$feature")
  say "Java $feature: $((SECONDS - begin)) s"
}

# Shows one line a module and one a test class, and what failed, each at once: Debian's awk would wait for more input.
show_tests() {
  local line
  local module='^\[INFO\] Building (Nanorouter.*[^ ]) +(\[[0-9]+/[0-9]+\])$'
  local class='Tests run: ([0-9]+), Failures: ([0-9]+), Errors: ([0-9]+), Skipped: ([0-9]+),'
  class+=' Time elapsed: ([0-9.,]+ s( <<< [A-Z]+!)?).* in (.*)$'
  local failure='^\[ERROR\] (.*<<< (FAILURE|ERROR)!)$'
  while IFS= read -r line; do
    if [[ $line =~ $module ]]; then
      printf '%s %s\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    elif [[ $line =~ $class ]]; then
      printf '  %s: %d run, %d failed, %d skipped, %s\n' "${BASH_REMATCH[7]}" "${BASH_REMATCH[1]}" \
        $((BASH_REMATCH[2] + BASH_REMATCH[3])) "${BASH_REMATCH[4]}" "${BASH_REMATCH[5]}"
    elif [[ $line =~ $failure ]]; then
      printf '    %s\n' "${BASH_REMATCH[1]}"
    fi
  done
}

# failures_in LOG FEATURE: for each test that failed its name and the first lines of what it threw.
failures_in() {
  awk -v java="Java $2" '
    /^\[ERROR\] Tests run:/ { next }
    /^\[ERROR\] .*<<< (FAILURE|ERROR)!$/ { print java ": " substr($0, 9); left = 8; next }
    /^\[(INFO|WARNING|ERROR)\]|^\tat / { left = 0 }
    /^$/ { next }
    left > 0 { print "  " $0; left-- }' "$1"
}

# Adds up the reports of all modules.
count_reports() {
  local run=0 broken=0 left_out=0
  read -r run broken left_out < <(
    find "$source_dir"/*/target/surefire-reports -name 'TEST-*.xml' -exec cat {} + 2> /dev/null | awk '
      function number(name) { return match($0, " " name "=\"[0-9]+") ? substr($0, RSTART + length(name) + 3, RLENGTH) + 0 : 0 }
      /<testsuite / { head = 1 }
      head {
        run += number("tests"); broken += number("errors") + number("failures"); left_out += number("skipped")
        if (/>/) head = 0
      }
      END { print run + 0, broken + 0, left_out + 0 }')
  passed=$((passed + run - broken - left_out))
  failed=$((failed + broken))
  skipped=$((skipped + left_out))
}

# Interfaces and named network namespaces.
note_network() {
  local entry
  for entry in /sys/class/net/* /run/netns/*; do
    [[ -e $entry ]] && printf '%s\n' "$entry"
  done
  return 0
}

# A test that leaves a process, an interface or a namespace behind counts as one failure. What is just ending gets
# five seconds.
look_for_leftovers() {
  local deadline=$((SECONDS + 5))
  local -a left
  while true; do
    mapfile -t left < <(leftover_processes; comm -13 "$source_dir/target/network.before" <(note_network))
    (( ${#left[@]} == 0 )) && return
    (( SECONDS >= deadline )) && break
    wait_a_little
  done
  say 'the tests left behind:'
  printf '  %s\n' "${left[@]}" >&2
  failed=$((failed + 1))
}

leftover_processes() {
  local process parent
  for process in /proc/[0-9]*; do
    grep -qsz "^NANOROUTER_TEST_RUN=$NANOROUTER_TEST_RUN$" "$process/environ" || continue
    # Not what this very look runs.
    parent=$(awk '$1 == "PPid:" { print $2 }' "$process/status" 2> /dev/null || true)
    [[ $parent == "$$" || $parent == "$BASHPID" || -z $parent ]] && continue
    printf 'process %s: %s\n' "${process#/proc/}" "$(tr '\0' ' ' < "$process/cmdline" 2> /dev/null)"
  done
}
