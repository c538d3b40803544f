# shellcheck shell=bash disable=SC2034 # its results are for the scripts that read this one
# SPDX-License-Identifier: Apache-2.0
#
# Finds a Java of version 17 or later without starting one: reads the file 'release' that each has in its home.

# find_java run|build: sets java_home, java_feature (17, 25, ...), java_build, which names this very Java, and
# java_options, which its version asks for.
# 'build' asks for a compiler too. Fails if there is none.
find_java() {
  local home command
  local -a homes=()
  [[ -n ${NANOROUTER_JAVA_HOME-} ]] && homes+=("$NANOROUTER_JAVA_HOME")
  [[ -n ${JAVA_HOME-} ]] && homes+=("$JAVA_HOME")
  if command=$(readlink -f -- "$(type -P java || true)"); then
    homes+=("${command%/bin/java}")
  fi
  homes+=(/usr/lib/jvm/*)
  for home in "${homes[@]}"; do
    [[ -x $home/bin/java ]] || continue
    [[ $1 == build && ! -x $home/bin/javac ]] && continue
    read_release "$home" || continue
    if (( java_feature >= 17 )); then
      java_home=$home
      return 0
    fi
  done
  return 1
}

read_release() {
  local key value version='' runtime=''
  [[ -r $1/release ]] || return 1
  while IFS='=' read -r key value; do
    value=${value//\"/}
    case $key in
      JAVA_VERSION) version=$value ;;
      JAVA_RUNTIME_VERSION) runtime=$value ;;
    esac
  done < "$1/release"
  java_feature=${version%%[!0-9]*}
  java_build=${runtime:-$version}
  java_options=()
  (( java_feature >= 24 )) && java_options+=(--enable-native-access=ALL-UNNAMED)
  # Maps the class data archive where it was made for. Elsewhere, which is the default, every pointer in it is changed
  # at every start: a fifth of the time to the first line of the program. The option is a diagnostic one, so it is given
  # only to versions that are known to have it.
  (( java_feature <= 25 )) && java_options+=(-XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0)
  [[ -n $java_feature ]]
}
