# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves the ring's protocol on models, shows that the models find the mistakes that are put into them, and runs the
# ring's own classes under jcstress. See verify/.

# shellcheck source=launcher/build.sh
. "$source_dir/launcher/build.sh"

verify_usage() {
  cat << 'END'
Usage: nanorouter verify [--quick]

Checks the protocol of rings, doorbells and epochs (docs/abi.md): the models in
verify/ with Spin, each mistake of verify/seeded-bugs, which Spin must find, and
the ring's Java classes with jcstress. One line a step, then: N passed, N failed.

      --quick  the models alone, without jcstress

What the tools print is in target/verify. Exit code: 0 if all passed, 1 if not.
END
}

# One run of a model that must hold, a line: its name, the model, its macros.
verify_models=(
  'one ring, either side dies|ring|'
  'next epoch, survivor produces|epoch|'
  'next epoch, survivor consumes|epoch|SURVIVOR_CONSUMES'
  'hostile producer|hostile|'
  'hostile consumer|hostile|HONEST_PRODUCES'
)

verify_races=(ConsumerSleeps ProducerWaitsForSpace RecordIsPublished RoomIsGivenBack PeerJoins)
verify_control=FencesLeftOut

# Of a second each, in each of jcstress's JVMs for a race.
race_iterations=2

run_verify() {
  local quick='' name model macros found
  while (( $# > 0 )); do
    case $1 in
      --quick) quick=1 ;;
      -h | --help) verify_usage; return ;;
      *) say "unknown option $1"; verify_usage >&2; exit 64 ;;
    esac
    shift
  done
  require find_missing_for_verify
  [[ -n $quick ]] || require find_missing_for_build
  work=$source_dir/target/verify
  rm -rf "$work"
  mkdir -p "$work"

  passed=0 failed=0
  for model in "${verify_models[@]}"; do
    IFS='|' read -r name model macros <<< "$model"
    verdict "model: $name" model_holds "$model" "$macros"
  done
  while read -r model macros found; do
    verdict "seeded: $model $macros" model_finds "$model" "$macros" "$found"
  done < <(grep -v '^ *\(#\|$\)' "$source_dir/verify/seeded-bugs")
  if [[ -z $quick ]]; then
    verdict 'jcstress: compiling' compile_races
    for name in "${verify_races[@]}"; do
      verdict "jcstress: $name" race_holds "$name"
    done
    verdict "jcstress: $verify_control goes wrong" race_goes_wrong "$verify_control"
  fi
  printf '%d passed, %d failed\n' "$passed" "$failed"
  (( failed == 0 && passed > 0 ))
}

# verdict TEXT COMMAND...: runs it and prints its line; the command sets `finding`.
verdict() {
  local text=$1 begin=${EPOCHREALTIME/[.,]/} result=passed
  shift
  finding=''
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    result=FAILED
  fi
  printf '%-66s %s %6d ms  %s\n' "$text" "$result" $(( (${EPOCHREALTIME/[.,]/} - begin) / 1000 )) "$finding"
}

# search_model MODEL MACROS: Spin makes a program of the model that visits each state; its report is left in $report.
search_model() {
  local folder=$work/$1${2:+-$2} macro
  local -a defines=()
  for macro in ${2//,/ }; do
    defines+=("-D$macro")
  done
  mkdir -p "$folder"
  report=$folder/report
  (
    cd "$folder" || exit
    # Its preprocessor looks for included files in the folder that it runs in.
    cp "$source_dir"/verify/*.pml .
    spin "${defines[@]}" -a "$1.pml" &&
      gcc -O2 -w -DSAFETY -DNOREDUCE -DCOLLAPSE -DMEMLIM=1900 -o pan pan.c &&
      ./pan -m1000000 -w24
  ) > "$report" 2>&1
}

# Whether the search reached every state and found nothing.
model_holds() {
  search_model "$1" "$2" || { finding="see ${report#"$source_dir/"}"; return 1; }
  finding="$(states) states"
  grep -q 'errors: 0$' "$report" && ! grep -Eq 'error:|not completed|max search depth too small' "$report" && return
  finding+=", see ${report#"$source_dir/"}"
  return 1
}

# model_finds MODEL MACROS assertion|sleep
model_finds() {
  local words='assertion violated'
  [[ $3 == sleep ]] && words='invalid end state'
  search_model "$1" "$2" || true
  if grep -q "$words" "$report"; then
    finding="$words, after $(states) states"
  else
    finding="not found: see ${report#"$source_dir/"}"
    return 1
  fi
}

states() {
  awk '/states, stored/ { print $1 }' "$report"
}

compile_races() {
  maven_is_there
  maven -q -DskipTests -Dmaven.test.skip=true -Dcheckstyle.skip -pl verify -am package > "$work/compile.log" 2>&1 ||
    { finding="see target/verify/compile.log"; return 1; }
}

# race NAME: runs it in each of the compilers' modes; its report is left in $report.
race() {
  local folder=$work/$1
  mkdir -p "$folder"
  report=$folder/report
  (
    cd "$folder" || exit
    exec "$java_home/bin/java" -cp "$source_dir/verify/target/classes:$(< "$source_dir/verify/target/classpath")" \
      org.openjdk.jcstress.Main -t "\.$1\$" -f 1 -fsm 1 -sc false -iters "$race_iterations" -time 1000 -v -r "$folder" \
      < /dev/null
  ) > "$report" 2>&1
}

race_holds() {
  local planned passing
  if race "$1"; then
    read -r planned passing < <(sed -n 's/^(Results: \([0-9]*\) planned; \([0-9]*\) passed, 0 failed, 0 soft errs, 0 hard errs)$/\1 \2/p' \
      "$report" | tail -n 1) || true
    if (( ${planned:-0} > 0 && planned == passing )); then
      finding="$(samples) runs"
      return
    fi
  fi
  finding="see ${report#"$source_dir/"}"
  return 1
}

race_goes_wrong() {
  race_holds "$1" || return
  grep -Eq '^ *0, 0 +[1-9]' "$report" && return
  finding="each side always saw the other: this machine cannot show a missing fence; see ${report#"$source_dir/"}"
  return 1
}

# Runs counted by jcstress, of all its JVMs together: the numbers before a percentage.
samples() {
  awk '/ [0-9.]+% / { gsub(/,/, ""); for (i = 2; i <= NF; i++) if ($i ~ /^[0-9.]+%$/) { sum += $(i - 1); break } }
    END { printf "%d", sum }' "$report"
}
